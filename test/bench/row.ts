/** What a ratio should be. It is shown beside the figure; nothing fails that misses it. */
export interface Goal {
  /** `≤ 1.15 ×`, as the table has it. */
  readonly text: string;
  /** @param ratio ours by theirs */
  met(ratio: number): boolean;
}

export const atMost = (most: number): Goal => ({ text: `≤ ${most} ×`, met: ratio => ratio <= most });
export const fasterBy = (factor: number): Goal => ({ text: `≥ ${factor} × faster`, met: ratio => 1 / ratio >= factor });

/** Something that ours is measured against. */
export interface Baseline {
  readonly what: string;
  /** @default - the ratio is there to be looked at */
  readonly goal?: Goal;
}

/** Ours and theirs, measured in turns: a pair is of the same moment, so that what else the machine does, it does to both. */
export interface Pairs {
  /** `ms`, `bytes`, … */
  readonly unit: string;
  readonly pairs: [ours: number, theirs: number][];
}

/** How a figure grows with the size of what is asked for; three sizes. */
export interface Growth {
  readonly what: string;
  /** What is counted by the sizes. */
  readonly of: string;
  readonly unit: string;
  readonly sizes: number[];
  readonly values: number[];
}

export interface Measurement {
  /** By the names of the row's baselines. One that could not be measured here has the reason in its place. */
  readonly against: Record<string, Pairs | { readonly notMeasured: string }>;
  readonly growth?: Growth[];
  /** What a reader has to know of this run: sentences. */
  readonly notes?: string[];
}

/** A row of the table: one thing measured against one or several others. */
export interface Row {
  /** What `--only` takes. */
  readonly name: string;
  /** What is measured, and how. */
  readonly what: string;
  readonly baselines: Record<string, Baseline>;
  /** @param say tells how far it is */
  measure(say: (progress: string) => void): Promise<Measurement>;
}
