import { createHash } from 'node:crypto';
import { StateChange } from './alarm-state';

/** One time series of an alarm on a query with GROUP BY, such as an instance of a fleet. */
export interface Contributor {
  readonly id: string;
  /** By dimension. */
  readonly attributes: Record<string, string>;
  readonly state: StateChange;
}

/** 16 hexadecimal digits, the same for the same attributes. */
export function contributorId(attributes: Record<string, string>): string {
  return createHash('sha256').update(JSON.stringify(Object.entries(attributes).sort())).digest('hex').slice(0, 16);
}

/** The state of the alarm by those of its contributors: one in ALARM is enough. Undefined while there is none. */
export function summary(contributors: Contributor[]): StateChange | undefined {
  if (!contributors.length) return undefined;
  const count = (value: StateChange['value']) => contributors.filter(({ state }) => state.value === value).length;
  const value = count('ALARM') ? 'ALARM' : count('OK') ? 'OK' : 'INSUFFICIENT_DATA';
  return { value, reason: `${count(value)} out of ${contributors.length} time series evaluated to ${value}`, timestamp: new Date() };
}
