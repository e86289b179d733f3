import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of all that is kept from one run to the next. It may be removed whenever none is under way. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cdk-diagnostic-interrupt');
}
