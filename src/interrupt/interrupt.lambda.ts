import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { SendDiagnosticInterruptCommand } from '@aws-sdk/client-ec2';
import { isThrottlingError } from '@smithy/core/retry';
import type { Context } from 'aws-lambda';
import { ec2Sender } from './clients';
import { gatherEvidence } from './evidence';
import type { Evidence } from './facts';
import { INTERRUPT_POLICY_VARIABLE, parseInterruptPolicy } from './interrupt-policy';
import { InterruptRequest, parseTrigger } from './trigger';
import { decide, Refusal, RefusalReason, refuseOutright, Verdict } from './verdict';

/**
 * What the handler answers; plain JSON.
 */
export interface Outcome {
  readonly decision: 'interrupt' | 'refuse';
  readonly instanceId: string;
  /** Absent when the request was refused without a look at the instance. */
  readonly evidence?: Evidence;
  readonly reason?: RefusalReason;
  readonly explanation?: string;
  readonly refusals?: Refusal[];
  /** Whether EC2 accepted the interrupt. Absent when that is not known, because no clear answer came. */
  readonly sent?: boolean;
  readonly error?: { readonly name: string; readonly message: string };
}

/**
 * What decides could not be learned. Thrown, because Lambda tries a failed asynchronous invocation again, after one and after two
 * more minutes (Lambda Developer Guide, asynchronous error handling): the machine may well still hang then. That is safe, since
 * nothing was sent and all evidence is read anew. A certain refusal is an answer, not a failure, and is returned.
 */
export class EvidenceMissingError extends Error {
  public readonly name = 'EvidenceMissing';
}

interface Judgement {
  readonly request: InterruptRequest;
  readonly evidence?: Evidence;
  readonly verdict: Verdict;
}

// Dimension and log key `service`: each function counts for itself.
const serviceName = process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'diagnostic-interrupt';
const logger = new Logger({ serviceName });
const metrics = new Metrics({ namespace: 'CdkDiagnosticInterrupt', serviceName });

export async function handler(event: unknown, context: Context): Promise<Outcome> {
  logger.addContext(context);
  let judgement: Judgement;
  try {
    judgement = await judge(event);
  } catch (error) {
    reportFailure(error as Error);
    throw error;
  }

  const { request: { instanceId }, evidence, verdict } = judgement;
  if (verdict.decision === 'refuse') {
    logger.warn('InterruptRefused', { ...judgement });
    count('InterruptsRefused', { Reason: verdict.reason });
    if (verdict.reason === 'EvidenceMissing') throw new EvidenceMissingError(verdict.explanation);
    return { ...verdict, instanceId, evidence, sent: false };
  }

  // The claim (cooldown, circuit breaker) belongs here, between the verdict and the call.
  try {
    await ec2Sender.send(new SendDiagnosticInterruptCommand({ InstanceId: instanceId }));
  } catch (error) {
    reportFailure(error as Error, judgement);
    // Throttled is surely not sent: Lambda may try the whole again. Whatever else was answered is final, and where the answer
    // is lost the machine may be dumping already: a second interrupt would hit the kernel that writes the dump.
    if (isThrottlingError(error as Parameters<typeof isThrottlingError>[0])) throw error;
    return { ...verdict, instanceId, evidence, sent: wasRejected(error) ? false : undefined, error: nameAndMessage(error as Error) };
  }
  logger.info('InterruptSent', { ...judgement });
  count('InterruptsSent');
  return { ...verdict, instanceId, evidence, sent: true };
}

async function judge(event: unknown): Promise<Judgement> {
  const policy = parseInterruptPolicy(process.env[INTERRUPT_POLICY_VARIABLE]);
  const request = parseTrigger(event);
  const refusedOutright = refuseOutright(request, policy);
  if (refusedOutright) return { request, verdict: refusedOutright };
  const evidence = await gatherEvidence(request, policy);
  return { request, evidence, verdict: decide(request, evidence, policy) };
}

function reportFailure(error: Error, judgement?: Judgement): void {
  logger.error('InterruptFailed', { ...judgement, error: nameAndMessage(error) });
  count('Errors', { ErrorName: error.name });
}

/** Counts once by the dimensions, and once without them, so that an alarm on the total needs no metric math. */
function count(name: 'InterruptsSent' | 'InterruptsRefused' | 'Errors', dimensions: Record<string, string> = {}): void {
  const single = metrics.singleMetric();
  single.addDimensions({});
  if (Object.keys(dimensions).length > 0) single.addDimensions(dimensions);
  single.addMetric(name, MetricUnit.Count, 1);
}

/** A 4xx is EC2's clear no; a 5xx or a lost connection says nothing. */
function wasRejected(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}

function nameAndMessage({ name, message }: Error): { name: string; message: string } {
  return { name, message };
}
