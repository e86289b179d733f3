import * as v from 'valibot';
import { INSTANCE_ID } from './instance-id';
import { EVENT_SOURCE, UNRESPONSIVE_DETAIL_TYPE } from '../detection/unresponsive-event';

/**
 * An alarm that asks. What it says is from its event; how things are is for the evidence to show.
 */
export interface AlarmSource {
  readonly kind: 'alarm';
  readonly alarmName: string;
  readonly alarmArn: string;
  /** The state that the event reports. */
  readonly alarmState: string;
  /** When the event was sent, ISO 8601. */
  readonly time: string;
  /** The mute rule under which the alarm was when the event was sent. */
  readonly mutedBy?: string;
  /** A composite alarm: the ARNs of the alarms that set it off. */
  readonly children?: string[];
}

/**
 * A fleet watch that asks.
 */
export interface WatchSource {
  readonly kind: 'watch';
  /** The name of its function. */
  readonly watch: string;
  /** When the event was sent, ISO 8601. */
  readonly time: string;
}

/**
 * Who asks for the interrupt, and why. A game day is asked for by a deployment and is about a healthy instance.
 */
export type RequestSource = AlarmSource | WatchSource | { readonly kind: 'direct' | 'gameDay'; readonly reason: string };

/**
 * One instance that somebody or something wants interrupted.
 */
export interface InterruptRequest {
  readonly instanceId: string;
  readonly source: RequestSource;
  /** The claim under which it is asked for, by one who may have made it before. */
  readonly claimId?: string;
}

/**
 * A composite alarm's request: its event does not say about which instance it is; the alarms below it do.
 */
export interface CompositeRequest {
  readonly source: AlarmSource & { readonly children: string[] };
}

/**
 * The event is none of those that the handler knows. The message says what was seen: the shape, never the content.
 */
export class UnknownEventError extends Error {
  public readonly name = 'UnknownEvent';
}

// A name has at most 255 characters (PutMetricAlarm) and ends the ARN.
export const ALARM_ARN = /^arn:[a-z-]{1,20}:cloudwatch:[a-z0-9-]{1,30}:\d{12}:alarm:[^\p{Cc}]{1,255}$/u;
const LONGEST_REASON = 1000;
/** With the composite alarm itself they fit one call of DescribeAlarms. */
const MOST_CHILDREN = 99;
const MOST_METRICS = 100;

const instanceId = v.pipe(v.string(), v.regex(INSTANCE_ID));
const alarmName = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
const alarmArn = v.pipe(v.string(), v.maxLength(400), v.regex(ALARM_ARN));
const reason = v.pipe(v.string(), v.maxLength(LONGEST_REASON), v.check(text => text.trim() !== ''));
/** CloudWatch writes `+0000` where ISO 8601 has `Z`. */
const time = v.pipe(v.string(), v.maxLength(40), v.transform(text => new Date(text.replace(/\+0000$/, 'Z'))), v.date(), v.transform(date => date.toISOString()));
const state = v.object({ value: v.picklist(['OK', 'ALARM', 'INSUFFICIENT_DATA']), reasonData: v.nullish(v.string()) });

/** What all alarms tell about themselves, wherever it stands in the event. */
const alarm = v.object({
  alarmName,
  state,
  configuration: v.object({
    alarmRule: v.nullish(v.string()),
    metrics: v.nullish(v.pipe(v.array(v.object({
      metricStat: v.nullish(v.object({ metric: v.object({ dimensions: v.nullish(v.record(v.string(), v.unknown())) }) })),
    })), v.maxLength(MOST_METRICS))),
  }),
  muteDetail: v.nullish(v.object({ mutedByArn: v.pipe(v.string(), v.maxLength(400)) })),
});

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
const alarmAction = v.object({ source: v.literal('aws.cloudwatch'), alarmArn, time, alarmData: alarm });

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
const alarmEvent = v.object({
  'source': v.literal('aws.cloudwatch'),
  'detail-type': v.literal('CloudWatch Alarm State Change'),
  'resources': v.tuple([alarmArn]),
  'time': time,
  'detail': alarm,
});

/** What a FleetWatch sends. */
const watchEvent = v.object({
  'source': v.literal(EVENT_SOURCE),
  'detail-type': v.literal(UNRESPONSIVE_DETAIL_TYPE),
  'time': time,
  'detail': v.object({ version: v.literal(1), watch: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)), instanceId }),
});

// Strict: a further key would be a wish that nobody grants, such as `dryRun: true`.
const directCall = v.strictObject({ instanceId, reason });

const triggeringAlarms = v.object({
  triggeringAlarms: v.pipe(v.array(v.object({ arn: alarmArn })), v.minLength(1), v.maxLength(MOST_CHILDREN)),
});

/**
 * Turns an event into a request, or throws an `UnknownEventError`. Known are the action of a CloudWatch alarm, the events of an
 * alarm and of a fleet watch from EventBridge, and the direct call `{ instanceId, reason }`.
 */
export function parseTrigger(event: unknown): InterruptRequest | CompositeRequest {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) throw new UnknownEventError(`The event is ${shapeOf(event)}`);
  if (Object.hasOwn(event, 'alarmData')) {
    const action = parse(alarmAction, event, 'An alarm action');
    return fromAlarm(action.alarmData, action.alarmArn, action.time);
  }
  if (Object.hasOwn(event, 'detail-type')) {
    if (event['detail-type' as keyof typeof event] === UNRESPONSIVE_DETAIL_TYPE) {
      const { detail, time: sent } = parse(watchEvent, event, 'An event of a fleet watch');
      return { instanceId: detail.instanceId, source: { kind: 'watch', watch: detail.watch, time: sent } };
    }
    const { detail, resources: [arn], time: sent } = parse(alarmEvent, event, 'An event of EventBridge');
    return fromAlarm(detail, arn, sent);
  }
  if (Object.hasOwn(event, 'instanceId')) {
    const call = parse(directCall, event, 'A direct call');
    return { instanceId: call.instanceId, source: { kind: 'direct', reason: call.reason } };
  }
  throw new UnknownEventError(`Neither the event of an alarm or a fleet watch nor a direct call, but ${shapeOf(event)}`);
}

function fromAlarm(data: v.InferOutput<typeof alarm>, arn: string, sent: string): InterruptRequest | CompositeRequest {
  if (!arn.endsWith(`:alarm:${data.alarmName}`)) throw new UnknownEventError('The ARN of the alarm is not that of the alarm that the event names');
  const source: AlarmSource = {
    kind: 'alarm',
    alarmName: data.alarmName,
    alarmArn: arn,
    alarmState: data.state.value,
    time: sent,
    ...data.muteDetail && { mutedBy: data.muteDetail.mutedByArn },
  };
  const { alarmRule, metrics } = data.configuration;
  if (typeof alarmRule === 'string') return { source: { ...source, children: childrenOf(data.state.reasonData) } };
  if (!metrics) throw new UnknownEventError('An alarm whose configuration has neither metrics nor a rule');
  return { instanceId: onlyInstanceOf(metrics), source };
}

/** The instance whose metrics the alarm watches. An alarm that watches several says nothing about any one of them. */
function onlyInstanceOf(metrics: NonNullable<v.InferOutput<typeof alarm>['configuration']['metrics']>): string {
  const named = metrics.map(({ metricStat }) => metricStat?.metric.dimensions?.InstanceId).filter(id => id !== undefined);
  const found = [...new Set(named)];
  if (found.length !== 1) throw new UnknownEventError(`An alarm whose metrics name ${found.length} instances instead of one`);
  return parse(instanceId, found[0], 'An alarm\'s InstanceId dimension');
}

function childrenOf(reasonData: string | null | undefined): string[] {
  let data: unknown;
  try {
    data = JSON.parse(reasonData ?? '');
  } catch {
    throw new UnknownEventError('A composite alarm whose event does not say which alarms set it off');
  }
  return parse(triggeringAlarms, data, 'The reason of a composite alarm').triggeringAlarms.map(({ arn }) => arn);
}

export function parse<T extends v.GenericSchema>(schema: T, value: unknown, what: string): v.InferOutput<T> {
  const { success, issues, output } = v.safeParse(schema, value, { abortEarly: true });
  if (success) return output;
  // Of what the event holds, only the place is told: it may be anything, and of any size.
  throw new UnknownEventError(`${what} that is not of the documented form at ${placeOf(issues[0])}: ${issues[0].expected ?? 'it'} is expected`);
}

/** Where in the event it is, unless a key is as strange as content may be. */
function placeOf(issue: v.BaseIssue<unknown>): string {
  const place = v.getDotPath(issue);
  if (place === null) return 'its top';
  return /^[\w.-]{1,100}$/.test(place) ? place : 'a key that is not documented';
}

function shapeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== 'object') return `a value of type ${typeof value}`;
  const keys = Object.keys(value).slice(0, 10).map((key) => /^[\w.-]{1,40}$/.test(key) ? key : '(not a name)');
  return keys.length > 0 ? `an object with the keys ${keys.join(', ')}` : 'an object without keys';
}
