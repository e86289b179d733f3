import type { InterruptRefusal } from './interrupt-refusal';

export type RefusalReason = `${InterruptRefusal}`;

/** What time may cure, so that it is worth to ask again; the later ones say less. */
export const MAY_PASS: RefusalReason[] = ['ImpairedTooShort', 'EvidenceMissing'];

export interface Refusal {
  readonly reason: RefusalReason;
  readonly explanation: string;
}

export interface Refused extends Refusal {
  readonly decision: 'refuse';
  /** Everything that speaks against the interrupt; the first is the headline repeated above. */
  readonly refusals: Refusal[];
}

export function refusal(reason: RefusalReason, explanation: string): Refusal {
  return { reason, explanation };
}

export function refused(refusals: Refusal[]): Refused {
  return { decision: 'refuse', ...refusals[0], refusals };
}
