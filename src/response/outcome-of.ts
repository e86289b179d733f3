import type { Incident } from './incident';
import { ResponseOutcome } from './response-outcome';

/** How an incident ended: what went most wrong is its name. */
export function outcomeOf({ stopped, failure, notYet, assessed, interrupt, watch, collection }: Incident): ResponseOutcome {
  if (stopped !== undefined) return ResponseOutcome.STOPPED;
  if (notYet) return ResponseOutcome.NOT_INTERRUPTED;
  if (failure || !assessed) return ResponseOutcome.FAILED;
  if (assessed.decision === 'refuse') return ResponseOutcome.NOT_INTERRUPTED;
  // Before a second interrupt there was a first.
  if (interrupt?.attempt === 1 && (interrupt.decision === 'refuse' || interrupt.sent === false)) return ResponseOutcome.NOT_INTERRUPTED;
  if (watch?.progress === 'unanswered') return ResponseOutcome.UNANSWERED;
  if (watch?.progress !== 'back') return ResponseOutcome.NOT_BACK;
  return collection?.done && collection.missing === undefined ? ResponseOutcome.COLLECTED : ResponseOutcome.PARTLY_COLLECTED;
}
