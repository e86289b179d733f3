import type { Incident } from './incident';
import { parseTrigger } from '../interrupt/trigger';

/** The instance that an incident is about, also where there is no verdict: then it is the one that the event names, if it names one. */
export function instanceOf({ assessed, event }: Incident): string | undefined {
  if (assessed) return assessed.instanceId;
  try {
    const request = parseTrigger(event);
    return 'instanceId' in request ? request.instanceId : undefined;
  } catch {
    return undefined;
  }
}
