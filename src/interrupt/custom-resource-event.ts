import * as v from 'valibot';
import { CustomResourceType, LONGEST_REVISION, LONGEST_WAIT_SECONDS } from './custom-resource-type';
import { INSTANCE_ID } from './instance-id';
import { ALARM_ARN, parse, UnknownEventError } from './trigger';

interface Call {
  /** The resource, unique in the account; the same in each of its calls. */
  readonly resource: string;
  readonly requestId: string;
  /** When the first call of the request was answered; absent in that call itself. */
  readonly begun?: Date;
}

/** An InterruptTrigger is created or updated. */
export interface TriggerCall extends Call {
  readonly type: CustomResourceType.TRIGGER;
  readonly instanceId: string;
  readonly revision: string;
  /** That of the resource before the update. */
  readonly oldRevision?: string;
  readonly occasion: { readonly alarmArn: string } | { readonly gameDay: string };
}

/** An InterruptReadiness is created or updated. */
export interface ReadinessCall extends Call {
  readonly type: CustomResourceType.READINESS;
  readonly timeoutSeconds: number;
  readonly requireArmed: boolean;
  /** The stack that updates it, or that takes an update back; absent when it is created. */
  readonly updatedBy?: string;
}

const text = (longest: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(longest));
/** CloudFormation hands over every value as a string. */
const seconds = v.pipe(v.string(), v.regex(/^\d{1,4}$/), v.transform(Number), v.maxValue(LONGEST_WAIT_SECONDS));
const yesOrNo = v.pipe(v.picklist(['true', 'false']), v.transform(value => value === 'true'));
const service = { ServiceToken: v.unknown(), ServiceTimeout: v.optional(v.unknown()) };

const properties = {
  [CustomResourceType.TRIGGER]: v.strictObject({
    ...service,
    instanceId: v.pipe(v.string(), v.regex(INSTANCE_ID)),
    revision: text(LONGEST_REVISION),
    alarmArn: v.optional(v.pipe(v.string(), v.maxLength(400), v.regex(ALARM_ARN))),
    gameDay: v.optional(text(1000)),
  }),
  [CustomResourceType.READINESS]: v.strictObject({
    ...service,
    timeoutSeconds: seconds,
    requireArmed: yesOrNo,
    // They only make CloudFormation call again when they change.
    policy: v.unknown(),
    program: v.unknown(),
  }),
};

/** What all calls have. Not strict: the framework and CloudFormation add keys of their own. */
const call = v.object({
  RequestType: v.picklist(['Create', 'Update']),
  ResourceType: v.enum(CustomResourceType),
  RequestId: text(200),
  StackId: text(400),
  LogicalResourceId: text(255),
  ResourceProperties: v.unknown(),
  // Of another version of the library, perhaps: only this is looked at.
  OldResourceProperties: v.optional(v.object({ revision: v.optional(v.string()) })),
  // Ours: the framework adds to the later calls what the first one was answered.
  Begun: v.optional(v.pipe(v.string(), v.isoTimestamp(), v.transform(time => new Date(time)))),
});

/** Whether it is a call of CloudFormation, through the provider framework of the CDK. */
export function isCustomResourceEvent(event: unknown): event is { readonly RequestType: unknown } {
  return typeof event === 'object' && event !== null && Object.hasOwn(event, 'RequestType');
}

/**
 * Reads the call of a custom resource that is created or updated, or throws an `UnknownEventError`.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
 */
export function parseCustomResource(event: object): TriggerCall | ReadinessCall {
  const { ResourceType: type, ResourceProperties, ...common } = parse(call, event, 'A call of a custom resource');
  const about = { resource: `${common.StackId}/${common.LogicalResourceId}`, requestId: common.RequestId, begun: common.Begun };
  if (type === CustomResourceType.READINESS) {
    const { timeoutSeconds, requireArmed } = parse(properties[type], ResourceProperties, `The properties of ${type}`);
    return { ...about, type, timeoutSeconds, requireArmed, ...common.RequestType === 'Update' && { updatedBy: common.StackId } };
  }
  const { instanceId, revision, alarmArn, gameDay } = parse(properties[type], ResourceProperties, `The properties of ${type}`);
  const oldRevision = common.RequestType === 'Update' ? common.OldResourceProperties?.revision : undefined;
  return { ...about, type, instanceId, revision, oldRevision, occasion: occasionOf(alarmArn, gameDay) };
}

function occasionOf(alarmArn: string | undefined, gameDay: string | undefined): TriggerCall['occasion'] {
  if (alarmArn !== undefined && gameDay === undefined) return { alarmArn };
  if (gameDay !== undefined && alarmArn === undefined) return { gameDay };
  throw new UnknownEventError(`The properties of ${CustomResourceType.TRIGGER} that name ${alarmArn === undefined ? 'neither' : 'both'} an alarm and a game day`);
}
