import { createHash } from 'node:crypto';
import type { ConsoleMark, Incident, Watch } from './incident';

/** What AWS says about the instance. */
export interface Sight {
  readonly at: Date;
  /** Of the instance: `running`, `stopped`, ... */
  readonly state: string;
  /** Of the instance status check: `ok`, `impaired`, ... */
  readonly status: string;
  /** When the SSM agent was last heard of. */
  readonly lastPing?: Date;
  /** The last 64 KB that the serial console has shown; absent where it could not be read. */
  readonly console?: string;
}

/** For so long nothing at all may be seen after an interrupt before it counts as unanswered. A capture kernel shows within seconds. */
const UNANSWERED_LOOKS = 5;

const COMMAND_LINE = /Kernel command line: (.*)/g;

/**
 * What the console says: whether a capture kernel would show on it. It boots with the command line of the kernel that panicked, so
 * that must send its messages to the serial port, and not keep them back (Documentation/admin-guide/kernel-parameters.txt: console, quiet).
 */
export function markConsole(console: string): ConsoleMark {
  const [, commandLine = ''] = [...console.matchAll(COMMAND_LINE)].at(-1) ?? [];
  const words = commandLine.trim().split(/\s+/);
  return {
    speaks: words.some(word => /^console=ttyS\d/.test(word)) && !words.includes('quiet') && !words.some(word => /^loglevel=[0-5]$/.test(word)),
    sha256: createHash('sha256').update(console).digest('hex'),
  };
}

/**
 * Looks at the instance: before the interrupt, to know how things were, and a minute after the other since.
 *
 * An interrupt counts as unanswered only where it is certain that nothing has happened: a second one would hit the capture kernel
 * while it writes the dump. A console that cannot be read, or on which no kernel would show, proves nothing.
 *
 * @param mostLooks how many looks the return may take
 */
export function look({ watch: before, interrupt: answer, attempt, execution, missedLooks }: Incident, sight: Sight, mostLooks: number): Watch {
  // An execution that was stopped may have sent an interrupt that it had no time to write down.
  const interrupt = answer ?? (attempt === undefined ? undefined : { attempt, at: execution.startedAt });
  const mark = sight.console === undefined ? undefined : markConsole(sight.console);
  if (!interrupt) return { progress: 'waiting', looks: 0, attempt: 0, statusBefore: sight.status, ...mark && { console: mark } };
  const looks = before?.attempt === interrupt.attempt ? before.looks + 1 : 1;
  const known = before?.console;
  // A hang of user space alone leaves the status check at ok from the beginning.
  const stirred = sight.status !== (before?.statusBefore ?? 'impaired') || mark !== undefined && known !== undefined && mark.sha256 !== known.sha256;
  const seen = {
    looks,
    attempt: interrupt.attempt,
    ...before?.statusBefore !== undefined && { statusBefore: before.statusBefore },
    ...known && { console: known },
    ...before?.panicSeenAt !== undefined ? { panicSeenAt: before.panicSeenAt } : stirred && { panicSeenAt: sight.at.toISOString() },
  };
  if (sight.state !== 'running') return { ...seen, progress: 'gone', explanation: `The instance is ${sight.state}` };
  if (sight.status === 'ok' && sight.lastPing !== undefined && sight.lastPing > new Date(interrupt.at)) {
    return { ...seen, progress: 'back', backAt: before?.backAt ?? sight.at.toISOString() };
  }
  const silent = known?.speaks === true && mark !== undefined && seen.panicSeenAt === undefined;
  if (silent && looks >= UNANSWERED_LOOKS) {
    return { ...seen, progress: 'unanswered', explanation: `The serial console has shown nothing new for ${looks} minutes` };
  }
  const minutes = looks + (missedLooks?.count ?? 0);
  if (minutes >= mostLooks) {
    const ping = sight.lastPing ? `the SSM agent was last heard of at ${sight.lastPing.toISOString()}` : 'the SSM agent was not heard of';
    return { ...seen, progress: 'overdue', explanation: `After ${minutes} minutes the instance status check says ${sight.status} and ${ping}` };
  }
  return { ...seen, progress: 'waiting' };
}
