import { FleetFacts, Found, isMissing } from './facts';
import { InterruptLimit, MOST_SLOTS } from './interrupt-policy';

/**
 * The circuit breaker has a slot for each interrupt that it allows. An interrupt takes one for a whole window, so there are never
 * more interrupts than slots in any time of that length. Undefined when the share of a fleet of unknown size is asked for.
 */
export function slotsOf(limit: InterruptLimit, fleet: Found<FleetFacts> | undefined): number | undefined {
  if ('count' in limit) return Math.min(limit.count, MOST_SLOTS);
  if (!fleet || isMissing(fleet) || !Number.isInteger(fleet.size) || fleet.size < 0) return undefined;
  // One at least: the share of a small fleet would allow none at all.
  return Math.min(Math.max(1, Math.floor(fleet.size * limit.percent / 100)), MOST_SLOTS);
}

/**
 * The slots that are free, as many as are left: a slot of a fleet that was larger counts as well. The same ones for all who decide at once,
 * so that together they get no more.
 */
export function freeSlots(slots: number, taken: number[]): number[] {
  const left = Math.max(0, slots - taken.length);
  return Array.from({ length: slots }, (_, slot) => slot).filter(slot => !taken.includes(slot)).slice(0, left);
}
