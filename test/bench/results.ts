import { availableParallelism, totalmem } from 'node:os';
import { Growth, Measurement, Row } from './row';
import { line, order, Summary, summarise } from './statistics';

/** What the figures depend on; nothing that tells whose machine it was. */
export interface MachineFacts {
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly platform: string;
}

export type Compared = { readonly against: string; readonly goal?: string } & (
  | { readonly measured: Summary & { readonly met?: boolean } }
  | { readonly notMeasured: string }
);

export interface Grown extends Growth {
  readonly order: string;
  readonly constant: number;
  readonly slope: number;
}

export interface RowResult {
  readonly name: string;
  readonly what: string;
  readonly compared: Compared[];
  readonly growth: Grown[];
  readonly notes: string[];
  /** Absent where it was not measured. */
  readonly on?: { readonly date: string; readonly machine: MachineFacts };
}

/** What came of a row in this run. */
export interface Attempt {
  readonly result: RowResult;
  readonly failed: boolean;
}

/** What `--json` writes. */
export interface Results {
  readonly rows: RowResult[];
}

export function thisMachine(): MachineFacts {
  return {
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

export function notMeasured({ name, what, baselines }: Row, why: string): RowResult {
  const compared = Object.values(baselines).map(({ what: against, goal }) => ({ against, goal: goal?.text, notMeasured: why }));
  return { name, what, compared, growth: [], notes: [] };
}

export function resultOf({ name, what, baselines }: Row, { against, growth = [], notes = [] }: Measurement, date = new Date()): RowResult {
  const compared = Object.entries(baselines).map(([key, { what: other, goal }]): Compared => {
    const found = against[key] ?? { notMeasured: 'the row does not say why' };
    if ('notMeasured' in found) return { against: other, goal: goal?.text, notMeasured: found.notMeasured };
    const summary = summarise(found);
    return { against: other, goal: goal?.text, measured: { ...summary, ...goal && { met: goal.met(summary.ratio) } } };
  });
  const grown = growth.map(each => ({ ...each, order: order(each), ...line(each) }));
  return { name, what, compared, growth: grown, notes, on: { date: date.toISOString().slice(0, 10), machine: thisMachine() } };
}

/** The rows in their order: as they were measured now, else as they were before. */
export function kept(rows: Row[], attempts: Map<string, Attempt>, before: RowResult[]): RowResult[] {
  return rows.map(row => {
    const attempt = attempts.get(row.name);
    if (attempt && !attempt.failed) return attempt.result;
    return before.find(({ name }) => name === row.name) ?? attempt?.result ?? notMeasured(row, 'it was left out of the run');
  });
}
