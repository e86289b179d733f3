import type { Context } from 'aws-lambda';
import { carryOut, CustomResourceAnswer } from './custom-resource';
import { isCustomResourceEvent } from './custom-resource-event';
import { withDeadline } from './evidence';
import { isMissing } from './facts';
import { INSTANCE_ID } from './instance-id';
import { InterruptMetric } from './interrupt-metric';
import { INTERRUPT_POLICY_VARIABLE } from './interrupt-policy';
import { instancesWatchedBy } from './read-alarm';
import { readPolicy } from './read-policy';
import { MAY_PASS, RefusalReason } from './refusal';
import { Outcome, respond } from './respond';
import { count, logger, nameAndMessage } from './telemetry';
import { CompositeRequest, InterruptRequest, parseTrigger, UnknownEventError } from './trigger';

/**
 * A refusal that time may cure: what decides could not be learned, or the instance has not hung for long enough. Thrown, because
 * Lambda tries a failed asynchronous invocation again, after one and after two more minutes (Lambda Developer Guide, asynchronous
 * error handling): the machine may well still hang then. That is safe, since nothing was sent and all evidence is read anew. Any
 * other refusal is an answer, not a failure, and is returned.
 */
export class NotYetError extends Error {
  constructor(public readonly name: RefusalReason, message: string) {
    super(message);
  }
}

export async function handler(event: { readonly RequestType: string }, context: Context): Promise<CustomResourceAnswer>;
export async function handler(event: unknown, context: Context): Promise<Outcome>;
export async function handler(event: unknown, context: Context): Promise<Outcome | CustomResourceAnswer> {
  logger.addContext(context);
  if (isCustomResourceEvent(event)) return carryOut(event);
  let outcome: Outcome;
  try {
    const policy = readPolicy(process.env[INTERRUPT_POLICY_VARIABLE]);
    outcome = await respond(await aboutOneInstance(parseTrigger(event)), policy);
  } catch (error) {
    logger.error('RequestFailed', { error: nameAndMessage(error as Error) });
    count(InterruptMetric.ERRORS, { ErrorName: (error as Error).name });
    throw error;
  }
  const { reason, explanation = '' } = outcome;
  if (reason && MAY_PASS.includes(reason)) throw new NotYetError(reason, explanation);
  return outcome;
}

/** A composite alarm is about the one instance that the alarms which set it off watch. */
async function aboutOneInstance(request: InterruptRequest | CompositeRequest): Promise<InterruptRequest> {
  if ('instanceId' in request) return request;
  const { source } = request;
  const found = await withDeadline(attempt => attempt('cloudwatch:DescribeAlarms', options => instancesWatchedBy(source.children, options)));
  if (isMissing(found)) throw new NotYetError('EvidenceMissing', `Which instance is the composite alarm about? Not known: ${found.missing}`);
  const [instanceId, ...others] = found;
  if (instanceId === undefined || others.length > 0) {
    throw new UnknownEventError(`A composite alarm whose alarms name ${found.length} instances instead of one`);
  }
  if (!INSTANCE_ID.test(instanceId)) throw new UnknownEventError('A composite alarm with an InstanceId dimension that is not an instance ID');
  return { instanceId, source };
}
