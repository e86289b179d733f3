import type { Incident } from './incident';
import { refusalOf } from './refusal-of';
import { ResponseOutcome } from './response-outcome';

/** How an incident ended: what went most wrong is its name. */
export function outcomeOf(incident: Incident): ResponseOutcome {
  const { stopped, failure, notYet, assessed, interrupt, watch, collection } = incident;
  if (stopped !== undefined) return ResponseOutcome.STOPPED;
  if (notYet) return ResponseOutcome.NOT_INTERRUPTED;
  if (failure || !assessed) return ResponseOutcome.FAILED;
  // Before a second interrupt there was a first.
  if (refusalOf(incident) || interrupt?.attempt === 1 && interrupt.sent === false) return ResponseOutcome.NOT_INTERRUPTED;
  if (watch?.progress === 'unanswered') return ResponseOutcome.UNANSWERED;
  if (watch?.progress !== 'back') return ResponseOutcome.NOT_BACK;
  return collection?.done && collection.missing === undefined ? ResponseOutcome.COLLECTED : ResponseOutcome.PARTLY_COLLECTED;
}
