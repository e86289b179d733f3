import { readableSize } from '../src/response/plain-text';

/** What the function returned. */
export interface Outcome {
  readonly decision: 'interrupt' | 'refuse';
  readonly reason?: string;
  readonly sent?: boolean;
  readonly refusals?: Array<{ reason: string; explanation: string }>;
  readonly evidence?: Record<string, unknown>;
}

/** A run that had to end in a refusal. */
export interface Control {
  readonly name: string;
  readonly verdict?: Outcome;
  /** Whether nothing happened to the machine: no interrupt was sent, it did not restart and no capture kernel started. */
  readonly untouched: boolean;
}

/** What `--report` writes. */
export interface DemoReport {
  /** Whether a dump is there, is not empty and records a panic. */
  ok: boolean;
  /** Why not. */
  error?: string;
  readonly steps: Array<{ name: string; seconds: number }>;
  readonly timeline: Array<{ at: string; what: string }>;
  readonly controls: Control[];
  /** The status line of the program that prepared the instance. */
  status?: Record<string, unknown>;
  /** What the program left for Systems Manager's inventory. */
  inventory?: Record<string, unknown>;
  verdict?: Outcome;
  /** What a function in dry run said of the machine that hung, before that was noticed. */
  rehearsal?: Outcome;
  /** What became of the same event when it was delivered a second time. */
  redelivery?: Outcome;
  /** Whether the capture kernel went on when a second NMI came while the dump was written. */
  survivedNmi?: boolean;
  panic?: string;
  backtrace?: string[];
  dump?: { path: string; bytes: number };
  /** What the workflow brought to the bucket, with its SHA-256 there and on the instance, hexadecimal. */
  collected?: Array<{ key: string; bytes: number; inBucket: string; onInstance: string }>;
  /** What the workflow told, and how the incident ended by its event. */
  message?: string;
  outcome?: string;
  /** What the Auto Scaling group did, and the state that the instance has in it. */
  group?: { activities: string[]; lifecycleState?: string };
}

/** The report as a person reads it who sees the demo for the first time; all of it is what `--report` writes. */
export function renderReport(report: DemoReport): string {
  const { timeline, controls, verdict, rehearsal, redelivery, dump, panic, backtrace = [], ok, error, steps } = report;
  const { collected = [], group, message } = report;
  const noticedBy = group ? 'the fleet watch' : 'the alarm';
  const start = Date.parse(timeline[0]?.at);
  const lines: string[] = [];
  const section = (title: string, content: string[]) => content.length && lines.push('', title, ...content.map(line => `  ${line}`));
  section('Time line', timeline.map(({ at, what }) => `${seconds((Date.parse(at) - start) / 1000)}  ${what}`));
  section('Decisions of the function', [
    ...controls.map(({ name, verdict: refused }) => decision(name, refused)),
    ...rehearsal ? [decision(`a dry run, before ${noticedBy}`, rehearsal)] : [],
    ...verdict ? [decision(noticedBy, verdict)] : [],
    ...redelivery ? [decision('the same event again', redelivery)] : [],
  ]);
  section('Why it crashed, out of the dump', panic ? [panic, ...backtrace.filter(line => line.startsWith('RIP:'))] : []);
  section('The dump', [
    ...dump ? [`${dump.path}, ${readableSize(dump.bytes)}, on the instance`] : [],
    ...collected.map(({ key, bytes }) => `${key}, ${readableSize(bytes)}, in the bucket`),
    ...collected.length > 0 ? ['What is in the bucket has the SHA-256 of what is on the instance'] : [],
  ]);
  section('Auto Scaling', group ? [...group.activities, `the instance is now ${group.lifecycleState}`] : []);
  section('What the operator is sent', message ? [message.split('\n')[0], '...'] : []);
  const total = steps.reduce((sum, step) => sum + step.seconds, 0);
  lines.push('', ok ? `ok, in ${Math.floor(total / 60)} min ${Math.round(total % 60)} s` : `failed: ${error}`);
  return lines.join('\n');
}

function decision(about: string, { decision: decided, reason }: Partial<Outcome> = {}): string {
  return `${decided}${reason ? ` (${reason})` : ''}: ${about}`;
}

function seconds(count: number): string {
  return `${count.toFixed(1).padStart(7)} s`;
}
