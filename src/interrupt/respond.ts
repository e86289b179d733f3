import { SendDiagnosticInterruptCommand } from '@aws-sdk/client-ec2';
import { isThrottlingError } from '@smithy/core/retry';
import { Claim, claim, release, spend, unspend } from './claim';
import { ec2Sender } from './clients';
import { gatherEvidence } from './evidence';
import { Evidence, isMissing } from './facts';
import { InterruptMetric } from './interrupt-metric';
import type { InterruptPolicy } from './interrupt-policy';
import { MAY_PASS, Refusal, refusal, RefusalReason, Refused, refused } from './refusal';
import { count, logger, nameAndMessage } from './telemetry';
import type { InterruptRequest } from './trigger';
import { decide, refuseOutright, Verdict } from './verdict';

/**
 * What became of a request; plain JSON.
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
  /** Where a claim was made and not used yet. */
  readonly claim?: Claim;
}

interface Judgement {
  readonly request: InterruptRequest;
  readonly evidence?: Evidence;
  readonly verdict: Verdict;
}

/**
 * Evidence, verdict, claim, call: in this order, and each only if the one before allows it.
 *
 * @throws whatever keeps an interrupt from being sent for certain, so that it may be asked for again
 */
export async function respond(request: InterruptRequest, policy: InterruptPolicy): Promise<Outcome> {
  const judgement = await judge(request, policy);
  const claimed = await claimBy(judgement, policy);
  return 'decision' in claimed ? claimed : send(claimed, judgement, policy);
}

/**
 * Evidence, verdict, claim: the interrupt itself is sent by `interruptUnder`.
 */
export async function assess(request: InterruptRequest, policy: InterruptPolicy): Promise<Outcome> {
  const judgement = await judge(request, policy);
  const claimed = await claimBy(judgement, policy);
  if ('decision' in claimed) return claimed;
  logger.info('InterruptClaimed', { ...judgement, claim: claimed });
  return { decision: 'interrupt', instanceId: request.instanceId, evidence: judgement.evidence, claim: claimed };
}

/**
 * Evidence and verdict once more, and the call: under a claim that is held, each attempt once.
 *
 * @param attempt 1, or 2 where the instance took no notice of the first interrupt
 * @throws as `respond` does
 */
export async function interruptUnder(claimed: Claim, attempt: number, request: InterruptRequest, policy: InterruptPolicy): Promise<Outcome> {
  const judgement = await judge({ ...request, claimId: claimed.id }, policy);
  const { verdict, evidence } = judgement;
  const claims = evidence && !isMissing(evidence.claims) ? evidence.claims : undefined;
  // First of all: whatever speaks against it by now may be what it has brought about.
  if ((claims?.spent ?? 0) >= attempt) return sentBefore(claimed, attempt, judgement);
  if (verdict.decision === 'refuse') {
    const isFinal = attempt === 1 && !MAY_PASS.includes(verdict.reason);
    const mayBeHeld = !claims || claims.held !== undefined;
    return isFinal && mayBeHeld && !await giveBack(claimed, 0, policy) ? sentBefore(claimed, attempt, judgement) : refuse(judgement, verdict);
  }
  if (!claims?.held) {
    return refuse(judgement, refused([refusal('CoolingDown', 'The claim under which the interrupt was to be sent is no longer there')]));
  }
  return await spend(claimed, attempt, policy.claims) ? send(claimed, judgement, policy, attempt) : sentBefore(claimed, attempt, judgement);
}

function sentBefore(claimed: Claim, attempt: number, judgement: Judgement): Outcome {
  const { request: { instanceId }, evidence } = judgement;
  logger.warn('InterruptSpent', { ...judgement, claim: claimed, attempt });
  return { decision: 'interrupt', instanceId, evidence, explanation: 'It was sent by an earlier call, whose answer is lost' };
}

async function claimBy(judgement: Judgement, policy: InterruptPolicy): Promise<Claim | Outcome> {
  const { request: { instanceId, claimId }, evidence, verdict } = judgement;
  if (verdict.decision === 'refuse') return refuse(judgement, verdict);
  // Made by an earlier call for the same request, whose answer was lost.
  if (evidence && !isMissing(evidence.claims) && evidence.claims.held) return evidence.claims.held;
  const claimed = await claim(instanceId, verdict.freeSlots, policy.claims, claimId);
  return 'refused' in claimed ? refuse(judgement, refused([lostTo(claimed.refused)])) : claimed;
}

async function judge(request: InterruptRequest, policy: InterruptPolicy): Promise<Judgement> {
  const refusedOutright = refuseOutright(request, policy, new Date());
  if (refusedOutright) return { request, verdict: refusedOutright };
  const evidence = await gatherEvidence(request, policy);
  return { request, evidence, verdict: decide(request, evidence, policy) };
}

/** @param attempt the interrupt of the claim that was spent; without it the claim is for this call alone */
async function send(claimed: Claim, judgement: Judgement, policy: InterruptPolicy, attempt?: number): Promise<Outcome> {
  const { request: { instanceId }, evidence } = judgement;
  const outcome = { decision: 'interrupt', instanceId, evidence } as const;
  try {
    await ec2Sender.send(new SendDiagnosticInterruptCommand({ InstanceId: instanceId }));
  } catch (error) {
    const rejected = wasRejected(error);
    // Otherwise the answer is lost, and the machine may be dumping already: the claim stays.
    const throttled = isThrottlingError(error as Parameters<typeof isThrottlingError>[0]);
    if (throttled && attempt) await unspend(claimed, attempt, policy.claims);
    // With the second one refused, the first was sent nevertheless.
    else if (rejected && attempt !== 2) await giveBack(claimed, attempt ?? 0, policy);
    // Throttled is surely not sent, and worth another try. Whatever else was answered is final.
    if (throttled) throw error;
    logger.error('InterruptFailed', { ...judgement, claim: claimed, error: nameAndMessage(error as Error) });
    count(InterruptMetric.ERRORS, { ErrorName: (error as Error).name });
    return { ...outcome, sent: rejected ? false : undefined, error: nameAndMessage(error as Error) };
  }
  logger.info('InterruptSent', { ...judgement, claim: claimed });
  count(InterruptMetric.SENT);
  return { ...outcome, sent: true };
}

/**
 * A claim that stays although nothing was sent keeps the instance from its interrupt for the cooldown; it harms nobody.
 *
 * @returns false where the claim is in use
 */
async function giveBack(claimed: Claim, spent: number, policy: InterruptPolicy): Promise<boolean> {
  try {
    return await release(claimed, spent, policy.claims);
  } catch (error) {
    logger.error('ClaimNotReleased', { claim: claimed, error: nameAndMessage(error as Error) });
    return true;
  }
}

function refuse(judgement: Judgement, verdict: Refused): Outcome {
  const { request: { instanceId }, evidence } = judgement;
  logger.warn('InterruptRefused', { ...judgement, verdict });
  count(InterruptMetric.REFUSED, { Reason: verdict.reason });
  if (verdict.refusals.some(({ reason }) => reason === 'CircuitOpen')) count(InterruptMetric.CIRCUIT_OPEN);
  return { ...verdict, instanceId, evidence, sent: false };
}

/** Another delivery was faster, after the evidence had been gathered. */
function lostTo(reason: 'CoolingDown' | 'CircuitOpen'): Refusal {
  return refusal(reason, reason === 'CoolingDown'
    ? 'The instance was claimed for an interrupt a moment ago'
    : 'The last interrupts that are allowed were claimed a moment ago');
}

/** A 4xx, or throttling, is EC2's clear no; another 5xx or a lost connection says nothing. */
function wasRejected(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
  return (status >= 400 && status < 500) || isThrottlingError(error as Parameters<typeof isThrottlingError>[0]);
}
