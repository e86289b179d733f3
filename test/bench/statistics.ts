import { Growth, Pairs } from './row';

export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place % 1);
}

export const median = (values: number[]): number => quantile(values, 0.5);

/** Of fewer values the quartiles are no spread: of two they are a half of what lies between them. */
const ENOUGH_FOR_QUARTILES = 5;

export interface Summary {
  readonly unit: string;
  readonly ours: number;
  readonly theirs: number;
  /** The median of the pairs' ratios. */
  readonly ratio: number;
  /** Of the ratios. @default - there are too few pairs for it */
  readonly quartiles?: [number, number];
  /** The least and the greatest of the ratios, where there are too few pairs for quartiles. */
  readonly range?: [number, number];
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
    ...pairs.length < ENOUGH_FOR_QUARTILES
      ? { range: [Math.min(...ratios), Math.max(...ratios)] } : { quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)] },
    pairs: pairs.length,
  };
}

// What the machine does besides makes a quarter of a figure, sooner than it makes an order of growth.
const SAME = 1.25;
/** A rise of less, of the least size's value, is not told apart from noise. */
const NOISE = 0.05;
/** Exponents that count as linear. */
const LINEAR = [0.8, 1.2];

/**
 * The order of growth, by three sizes: how much steeper it is from the second to the third than from the first to the second. What there is
 * at any size is in neither: 100 + 2n is linear. `not told` where values fall, or where noise hides how steep it is at first.
 */
export function order({ sizes, values }: Pick<Growth, 'sizes' | 'values'>): string {
  if (Math.max(...values) <= Math.min(...values) * SAME) return 'constant';
  const [[few, some, many], [low, middle, high]] = [sizes, values];
  if (low > middle * SAME || Math.max(low, middle) > high * SAME) return 'not told';
  const noise = low * NOISE;
  const exponentWith = (rise: number) => Math.log((high - low) / rise) / Math.log((many - few) / (some - few));
  // The most that it may have risen at first makes the least exponent.
  if (middle - low <= noise) return exponentWith(Math.max(middle - low, 0) + noise) > LINEAR[1] ? 'more than linear' : 'not told';
  const exponent = exponentWith(middle - low);
  if (exponent < LINEAR[0]) return 'less than linear';
  return exponent <= LINEAR[1] ? 'linear' : `n^${exponent.toFixed(1)}`;
}

/** What it takes at any size, and what each one more takes: the line of least squares. */
export function line({ sizes, values }: Pick<Growth, 'sizes' | 'values'>): { constant: number; slope: number } {
  const mean = (of: number[]) => of.reduce((sum, each) => sum + each, 0) / of.length;
  const [middle, level] = [mean(sizes), mean(values)];
  const slope = sizes.reduce((sum, size, index) => sum + (size - middle) * (values[index] - level), 0)
    / sizes.reduce((sum, size) => sum + (size - middle) ** 2, 0);
  return { constant: level - slope * middle, slope };
}
