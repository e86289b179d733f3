import type { Context } from 'aws-lambda';
import { carryOut, CustomResourceAnswer } from './custom-resource';
import { isCustomResourceEvent } from './custom-resource-event';
import { withDeadline } from './evidence';
import { isMissing } from './facts';
import { INSTANCE_ID } from './instance-id';
import { InterruptMetric } from './interrupt-metric';
import { INTERRUPT_POLICY_VARIABLE, InterruptPolicy } from './interrupt-policy';
import { instancesWatchedBy } from './read-alarm';
import { readPolicy } from './read-policy';
import { MAY_PASS, RefusalReason } from './refusal';
import { assess, interruptUnder, Outcome, respond } from './respond';
import { count, logger, nameAndMessage } from './telemetry';
import { CompositeRequest, InterruptRequest, parseTrigger, RequestSource, UnknownEventError } from './trigger';
import { AssessStep, claimIdOf, InterruptStep, isWorkflowStep, parseStep } from './workflow-step';

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

/** What the workflow is told first. */
type Assessment = Outcome & { readonly source: RequestSource };
/** What became of an interrupt of the workflow, and when it was asked for. */
type StepOutcome = Outcome & { readonly at: string; readonly attempt: number };

export async function handler(event: { readonly RequestType: string }, context: Context): Promise<CustomResourceAnswer>;
export async function handler(event: unknown, context: Context): Promise<Outcome>;
export async function handler(event: unknown, context: Context): Promise<Outcome | CustomResourceAnswer> {
  logger.addContext(context);
  if (isCustomResourceEvent(event)) return carryOut(event);
  let outcome: Outcome;
  try {
    outcome = await carryOutRequest(event, readPolicy(process.env[INTERRUPT_POLICY_VARIABLE]));
  } catch (error) {
    logger.error('RequestFailed', { error: nameAndMessage(error as Error) });
    count(InterruptMetric.ERRORS, { ErrorName: (error as Error).name });
    throw error;
  }
  const { reason, explanation = '' } = outcome;
  if (reason && MAY_PASS.includes(reason)) throw new NotYetError(reason, explanation);
  return outcome;
}

async function carryOutRequest(event: unknown, policy: InterruptPolicy): Promise<Outcome> {
  return isWorkflowStep(event) ? carryOutStep(parseStep(event), policy) : respond(await aboutOneInstance(parseTrigger(event)), policy);
}

async function carryOutStep(step: AssessStep | InterruptStep, policy: InterruptPolicy): Promise<Assessment | StepOutcome> {
  if (step.step === 'assess') {
    const request = { ...await aboutOneInstance(parseTrigger(step.event)), claimId: claimIdOf(step.execution) };
    return { ...await assess(request, policy), source: request.source };
  }
  const { instanceId, source, claim, attempt } = step;
  const at = new Date().toISOString();
  // The claim was made while the event was fresh; who asks now is the workflow.
  const asked = 'time' in source ? { ...source, time: at } : source;
  return { ...await interruptUnder(claim, attempt, { instanceId, source: asked }, policy), evidence: undefined, at, attempt };
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
