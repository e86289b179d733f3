import { isInstanceId } from './interrupt-policy';

/**
 * Who asks for the interrupt, and why.
 */
export type RequestSource =
  | {
    readonly kind: 'alarm';
    readonly alarmName: string;
    readonly alarmArn: string;
    /** The state that the event reports; the live state is evidence. */
    readonly alarmState: string;
  }
  | { readonly kind: 'direct'; readonly reason: string };

/**
 * One instance that somebody or something wants interrupted.
 */
export interface InterruptRequest {
  readonly instanceId: string;
  readonly source: RequestSource;
}

/**
 * The event is none of those that the handler knows. The message says what was seen: the shape, never the content.
 */
export class UnknownEventError extends Error {
  public readonly name = 'UnknownEvent';
}

const LONGEST_REASON = 1000;

/**
 * Turns an event into a request, or throws an `UnknownEventError`. Known are the payload of a CloudWatch alarm's Lambda action
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html) and the direct call
 * `{ instanceId, reason }`.
 */
export function parseTrigger(event: unknown): InterruptRequest {
  if (own(event, 'source') === 'aws.cloudwatch') return parseAlarm(event);
  if (own(event, 'instanceId') !== undefined) return parseDirectCall(event);
  throw new UnknownEventError(`Neither an alarm action nor a direct call, but ${shapeOf(event)}`);
}

function parseAlarm(event: unknown): InterruptRequest {
  const alarmData = own(event, 'alarmData');
  const alarmName = own(alarmData, 'alarmName');
  const alarmArn = own(event, 'alarmArn');
  const alarmState = own(own(alarmData, 'state'), 'value');
  if (typeof alarmName !== 'string' || typeof alarmArn !== 'string' || typeof alarmState !== 'string') {
    throw new UnknownEventError(`An event of CloudWatch that is no alarm action: ${shapeOf(event)} with alarmData ${shapeOf(alarmData)}`);
  }
  // A name has at most 255 characters (PutMetricAlarm) and ends the ARN. That the alarm is really ours is for the evidence to show.
  if (alarmName.length > 255 || !/^arn:[a-z-]+:cloudwatch:[a-z0-9-]+:\d{12}:alarm:$/.test(beforeEnding(alarmArn, alarmName))) {
    throw new UnknownEventError('The ARN of the alarm is not one, or not that of the alarm that the event names');
  }
  const instanceId = onlyInstanceOf(own(alarmData, 'configuration'));
  return { instanceId, source: { kind: 'alarm', alarmName, alarmArn, alarmState } };
}

/**
 * The instance whose metrics the alarm watches. An alarm that watches several says nothing about any one of them.
 */
function onlyInstanceOf(configuration: unknown): string {
  if (own(configuration, 'alarmRule') !== undefined) {
    throw new UnknownEventError('A composite alarm; only metric alarms are understood');
  }
  const metrics = own(configuration, 'metrics');
  if (!Array.isArray(metrics)) throw new UnknownEventError(`An alarm whose configuration has no metrics, but is ${shapeOf(configuration)}`);

  const found = new Set<unknown>();
  for (const query of metrics) {
    const instanceId = own(own(own(own(query, 'metricStat'), 'metric'), 'dimensions'), 'InstanceId');
    if (instanceId !== undefined) found.add(instanceId);
  }
  const [instanceId] = found;
  if (found.size !== 1) throw new UnknownEventError(`An alarm whose metrics name ${found.size} instances instead of one`);
  if (!isInstanceId(instanceId)) throw new UnknownEventError('An alarm whose InstanceId dimension is not an instance ID');
  return instanceId;
}

function parseDirectCall(event: unknown): InterruptRequest {
  const instanceId = own(event, 'instanceId');
  const reason = own(event, 'reason');
  // A further key would be a wish that nobody grants, such as `dryRun: true`.
  if (Object.keys(event as object).some((key) => key !== 'instanceId' && key !== 'reason')) {
    throw new UnknownEventError(`A direct call with more than instanceId and reason: ${shapeOf(event)}`);
  }
  if (!isInstanceId(instanceId)) throw new UnknownEventError('A direct call whose instanceId is not an instance ID');
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > LONGEST_REASON) {
    throw new UnknownEventError(`A direct call must give a reason of 1 to ${LONGEST_REASON} characters`);
  }
  return { instanceId, source: { kind: 'direct', reason } };
}

/**
 * A property of the value itself, never of its prototype.
 */
function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function beforeEnding(text: string, ending: string): string {
  return text.endsWith(ending) ? text.slice(0, text.length - ending.length) : '';
}

function shapeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== 'object') return `a value of type ${typeof value}`;
  const keys = Object.keys(value).slice(0, 10).map((key) => key.slice(0, 40));
  return keys.length > 0 ? `an object with the keys ${keys.join(', ')}` : 'an object without keys';
}
