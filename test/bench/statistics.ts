import { Growth, Pairs } from './row';

export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place % 1);
}

export const median = (values: number[]): number => quantile(values, 0.5);

export interface Summary {
  readonly unit: string;
  readonly ours: number;
  readonly theirs: number;
  /** The median of the pairs' ratios, and their quartiles. */
  readonly ratio: number;
  readonly quartiles: [number, number];
  readonly pairs: number;
}

export function summarise({ unit, pairs }: Pairs): Summary {
  if (pairs.length === 0) throw new Error('Nothing was measured: a row needs a pair at least.');
  const ratios = pairs.map(([ours, theirs]) => ours / theirs);
  return {
    unit,
    ours: median(pairs.map(([ours]) => ours)),
    theirs: median(pairs.map(([, theirs]) => theirs)),
    ratio: median(ratios),
    quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    pairs: pairs.length,
  };
}

// What the machine does besides makes a quarter of a figure, sooner than it makes an order of growth.
const SAME = 1.25;

/**
 * The order of growth, by three sizes. What there is at any size is taken off first, as far as the first two sizes tell it apart from
 * noise: 100 + 2n is linear.
 */
export function order({ sizes, values }: Pick<Growth, 'sizes' | 'values'>): string {
  if (Math.max(...values) <= Math.min(...values) * SAME) return 'constant';
  const [[few, some, many], [low, middle, high]] = [sizes, values];
  const told = middle > low * 1.05;
  const exponent = told
    ? Math.log((high - low) / (middle - low)) / Math.log((many - few) / (some - few))
    : Math.log(high / middle) / Math.log(many / some);
  if (exponent < 0.8) return 'less than linear';
  return exponent <= 1.2 ? 'linear' : `n^${exponent.toFixed(1)}`;
}

/** What it takes at any size, and what each one more takes: the line of least squares. */
export function line({ sizes, values }: Pick<Growth, 'sizes' | 'values'>): { constant: number; slope: number } {
  const mean = (of: number[]) => of.reduce((sum, each) => sum + each, 0) / of.length;
  const [middle, level] = [mean(sizes), mean(values)];
  const slope = sizes.reduce((sum, size, index) => sum + (size - middle) * (values[index] - level), 0)
    / sizes.reduce((sum, size) => sum + (size - middle) ** 2, 0);
  return { constant: level - slope * middle, slope };
}
