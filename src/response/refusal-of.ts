import type { Assessed, Incident, Interrupted } from './incident';

/** What kept the instance from being interrupted. Before a second interrupt that is refused there was a first, which was sent. */
export function refusalOf({ assessed, interrupt }: Incident): Assessed | Interrupted | undefined {
  if (interrupt?.decision === 'refuse' && interrupt.attempt === 1) return interrupt;
  return assessed?.decision === 'refuse' ? assessed : undefined;
}
