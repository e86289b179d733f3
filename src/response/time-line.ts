import type { Incident } from './incident';
import { isMissing } from '../interrupt/facts';

export interface Moment {
  /** ISO 8601. */
  readonly at: string;
  readonly what: string;
}

/** What happened when, as far as it is known, in the order in which it did. */
export function timeLineOf({ execution, assessed, interrupt, watch, collection }: Incident): Moment[] {
  const evidence = assessed?.evidence;
  const checks = evidence && !isMissing(evidence.status) ? evidence.status.instance.details : [];
  const status = checks.find(({ impairedSince }) => impairedSince)?.impairedSince;
  const source = assessed?.source;
  const moments: [string | undefined, string][] = [
    [status, 'the instance fails its status check'],
    [source && 'time' in source ? source.time : undefined, source?.kind === 'watch' ? 'the fleet watch tells of it' : 'the alarm goes off'],
    [execution.startedAt, 'the workflow begins'],
    [evidence?.at, assessed?.decision === 'interrupt' ? 'it is decided to interrupt' : 'it is decided not to interrupt'],
    [interrupt?.sent === false || interrupt?.decision === 'refuse' ? undefined : interrupt?.at, interrupt?.attempt === 2 ? 'the second interrupt' : 'the interrupt'],
    [watch?.panicSeenAt, 'the first sign of the panic'],
    [watch?.backAt, 'the instance is back'],
    [collection?.endedAt, 'the collection ends'],
  ];
  return moments.flatMap(([at, what]) => at === undefined ? [] : [{ at, what }]).sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}
