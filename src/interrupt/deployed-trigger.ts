import { bounded } from './bounded';
import { TriggerCall } from './custom-resource-event';
import { TRIGGER_PATIENCE_SECONDS } from './custom-resource-type';
import { InterruptPolicy } from './interrupt-policy';
import { Outcome, respond } from './respond';
import { Attributes, begin, forget, record, recordOf, RevisionRecord, Try } from './revision-record';
import { logger, nameAndMessage } from './telemetry';
import type { InterruptRequest, RequestSource } from './trigger';

/** A try that has not said in this time what became of it ended with its function, whose time limit is shorter. */
const LOST_AFTER_MS = 60_000;
const LONGEST_EXPLANATION_BYTES = 800;

/** A deployment asks for a game day, but the stack of the interrupt was deployed without one. */
export class GameDaysNotAllowedError extends Error {
  public readonly name = 'GameDaysNotAllowed';
}

/** EC2 said no. */
export class InterruptRejectedError extends Error {
  public readonly name = 'InterruptRejected';
}

/**
 * Asks for the interrupt of a revision, unless it was asked for before, and says what became of it.
 *
 * @returns undefined as long as it is not known
 */
export async function deployedTrigger(call: TriggerCall & { readonly begun: Date }, policy: InterruptPolicy): Promise<Attributes | undefined> {
  if ('gameDay' in call.occasion && !policy.gameDays) {
    throw new GameDaysNotAllowedError('The policy of the function has no game days; they are allowed by an InterruptTrigger for one at synth');
  }
  const { resource, revision, oldRevision } = call;
  const { tableName } = policy.claims;
  // An update of something else. Nothing is sent even if the table has been replaced since.
  if (revision === oldRevision) {
    const earlier = await recordOf(resource, revision, tableName);
    return earlier ? resultOf(earlier) : UNKNOWN;
  }
  const begun = await begin(resource, revision, tableName);
  if (!begun) return undefined;
  return 'begunAt' in begun ? resultOf(begun) : attempt(begun, call, policy);
}

async function attempt(mine: Try, call: TriggerCall & { readonly begun: Date }, policy: InterruptPolicy): Promise<Attributes | undefined> {
  const isPatient = Date.now() - call.begun.getTime() < TRIGGER_PATIENCE_SECONDS * 1000;
  let outcome: Outcome;
  try {
    // A rollback asks for the revision before. It is known that this was asked for, even if the table has been replaced since.
    if (call.oldRevision !== undefined) await begin(call.resource, call.oldRevision, policy.claims.tableName);
    outcome = await respond(requestOf(call), policy);
  } catch (error) {
    // Surely nothing was sent.
    await forget(mine);
    if (isPatient) return undefined;
    throw error;
  }
  if (isPatient && mayChange(outcome)) {
    await forget(mine);
    return undefined;
  }
  if (outcome.decision === 'interrupt' && outcome.sent === false) {
    await forget(mine);
    throw new InterruptRejectedError(`EC2 did not send the interrupt to ${call.instanceId}: ${outcome.error?.name}: ${outcome.error?.message}`);
  }
  const attributes = attributesOf(outcome);
  try {
    await record(mine, attributes);
  } catch (error) {
    // It has happened; the deployment goes on. Whoever asks again is told that the outcome is not known.
    logger.error('RevisionNotRecorded', { call, attributes, error: nameAndMessage(error as Error) });
  }
  return attributes;
}

/** What was not understood, or a new permission that has not reached every part of IAM; or a machine that has hung for seconds. */
function mayChange({ reason }: Outcome): boolean {
  return reason === 'EvidenceMissing' || reason === 'ImpairedTooShort';
}

function requestOf({ instanceId, occasion }: TriggerCall): InterruptRequest {
  return { instanceId, source: 'gameDay' in occasion ? { kind: 'gameDay', reason: occasion.gameDay } : alarmSource(occasion.alarmArn) };
}

/** As if the alarm's event came now; how the alarm really is, is for the evidence to show. */
function alarmSource(alarmArn: string): RequestSource {
  return { kind: 'alarm', alarmArn, alarmName: alarmArn.split(':').slice(6).join(':'), alarmState: 'ALARM', time: new Date().toISOString() };
}

const UNKNOWN: Attributes = {
  decision: 'unknown',
  reason: '',
  explanation: 'The revision was asked for before, and it is not known what became of it. Give a new one to ask again.',
  sent: 'unknown',
};

function resultOf({ attributes, begunAt }: RevisionRecord): Attributes | undefined {
  if (attributes) return attributes;
  return Date.now() - begunAt.getTime() > LOST_AFTER_MS ? UNKNOWN : undefined;
}

function attributesOf({ decision, reason, explanation, sent, error }: Outcome): Attributes {
  const unclear = error && `No clear answer came from EC2: ${error.name}: ${error.message}`;
  return { decision, reason: reason ?? '', explanation: bounded(explanation ?? unclear ?? '', LONGEST_EXPLANATION_BYTES), sent: String(sent ?? 'unknown') };
}
