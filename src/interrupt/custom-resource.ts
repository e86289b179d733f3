import { bounded } from './bounded';
import { parseCustomResource } from './custom-resource-event';
import { CustomResourceType } from './custom-resource-type';
import { deployedReadiness, NotReadyError } from './deployed-readiness';
import { deployedTrigger } from './deployed-trigger';
import { InterruptMetric } from './interrupt-metric';
import { INTERRUPT_POLICY_VARIABLE } from './interrupt-policy';
import { readPolicy } from './read-policy';
import { count, logger, nameAndMessage } from './telemetry';

/** What the framework is told: after the first call, when it was; after each further one, whether it is done and with which attributes. */
export interface CustomResourceAnswer {
  readonly Begun?: string;
  readonly IsComplete?: boolean;
  readonly Data?: Record<string, string>;
}

/** CloudFormation takes 4096 bytes from the framework, and never hears of a failure whose reason is longer; it shows about 1000. */
const LONGEST_REASON_BYTES = 1600;

/**
 * A failure as the framework hands it on: one line without a stack, because it appends that to the reason.
 */
class DeploymentError extends Error {
  constructor(public readonly name: string, message: string) {
    super(bounded(`${name}: ${message}`, LONGEST_REASON_BYTES));
    this.stack = this.message;
  }
}

/**
 * Carries out a call of CloudFormation. The framework calls twice or more for each request: the first call notes the time, and the
 * work is done by the further ones, which come at once and then every few seconds until one of them is complete.
 *
 * @throws DeploymentError
 */
export async function carryOut(event: { readonly RequestType: unknown }): Promise<CustomResourceAnswer> {
  // Before anything else: whatever is wrong with the policy or the properties, a stack can get rid of the resource.
  if (event.RequestType === 'Delete') return { IsComplete: true };
  try {
    const policy = readPolicy(process.env[INTERRUPT_POLICY_VARIABLE]);
    const call = parseCustomResource(event);
    const { begun } = call;
    if (!begun) return { Begun: new Date().toISOString() };
    const attributes = call.type === CustomResourceType.TRIGGER
      ? await deployedTrigger({ ...call, begun }, policy)
      : await deployedReadiness({ ...call, begun }, policy);
    return attributes ? { IsComplete: true, Data: attributes } : { IsComplete: false };
  } catch (error) {
    const { name, message } = nameAndMessage(error as Error);
    logger.error('DeploymentFailed', { error: { name, message } });
    // That an instance is not ready is an answer, not a failure of the function.
    if (!(error instanceof NotReadyError)) count(InterruptMetric.ERRORS, { ErrorName: name });
    throw new DeploymentError(name, message);
  }
}

