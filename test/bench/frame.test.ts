import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, render, table } from './document';
import { kept, notMeasured, resultOf } from './results';
import { atMost, fasterBy, Row } from './row';
import { order, summarise } from './statistics';
import { inTurns } from './turns';
import { requireWritable } from './writable';

// The frame alone: no figure is tested.

const row: Row = {
  name: 'tea',
  what: 'Making tea.',
  baselines: { kettle: { what: 'a kettle', goal: atMost(1.5) }, fire: { what: 'a fire', goal: fasterBy(2) }, sun: { what: 'the sun' } },
  measure: () => Promise.reject(new Error('not here')),
};

test('a ratio is the median of the pairs, whatever a single pair says', () => {
  expect(summarise({ unit: 'ms', pairs: [[10, 10], [30, 20], [20, 10], [900, 10]] })).toMatchObject({ ours: 25, theirs: 10, ratio: 1.75, pairs: 4 });
});

test('five pairs have quartiles, fewer a range alone', () => {
  const pairs = [1, 2, 3, 4, 9].map((ours): [number, number] => [ours, 1]);
  expect(summarise({ unit: 'ms', pairs })).toMatchObject({ ratio: 3, quartiles: [2, 4] });
  const fewer = summarise({ unit: 'ms', pairs: pairs.slice(1) });
  expect(fewer).toMatchObject({ ratio: 3.5, range: [2, 9] });
  expect(fewer).not.toHaveProperty('quartiles');
  const tableOf = (count: number) => table({ rows: [resultOf(row, { against: { sun: { unit: 'ms', pairs: pairs.slice(-count) } } })] });
  expect(tableOf(5)).toContain('| 3 × (2 to 4) |');
  expect(tableOf(4)).toContain('| 3.5 × (all: 2 to 9) |');
  expect(tableOf(1)).toContain('| 9 × |');
});

test('fails where nothing was measured', () => {
  expect(() => summarise({ unit: 'ms', pairs: [] })).toThrow('Nothing was measured');
});

test.each([
  ['constant', [100, 110, 95]],
  ['linear', [102, 300, 2100]],
  ['n^2.0', [1, 10_000, 1_000_000]],
  ['less than linear', [10, 100, 300]],
  ['linear', [1000, 1100, 2000]],
  ['n^2.0', [1000, 1100, 11_100]],
  // The middle does not tell how much of it is constant: whatever that is, this is steeper at the end, and the next one may be anything.
  ['more than linear', [1000, 1010, 2000]],
  ['more than linear', [1400, 1390, 15_000]],
  ['not told', [100, 104, 140]],
  ['not told', [100, 200, 90]],
  ['not told', [300, 100, 290]],
  ['not told', [100, 90, 79]],
])('growth that is %s: %j', (name, values) => {
  expect(order({ sizes: [1, 100, 1000], values })).toBe(name);
});

test('a row of the table says whether the goal is met; a baseline that could not be measured says so', () => {
  const measured = resultOf(row, {
    against: {
      kettle: { unit: 's', pairs: [[3, 2]] }, fire: { unit: 's', pairs: [[3, 4]] }, sun: { notMeasured: 'it rains' },
    },
  });
  expect(table({ rows: [measured] }).split('\n').slice(2)).toEqual([
    '| tea | a kettle | 3 s | 2 s | 1.5 × | ≤ 1.5 × | met |',
    '| tea | a fire | 3 s | 4 s | 1.33 × faster | ≥ 2 × faster | **missed** |',
    '| tea | the sun | | | not measured |  | |',
  ]);
  expect(render({ rows: [measured] })).toContain('- Against the sun: not measured, it rains.');
});

test('a row that was left out of the run is shown as not measured', () => {
  const left = render({ rows: [notMeasured(row, 'it was left out of the run')] });
  expect(left).toContain('| tea | a kettle | | | not measured | ≤ 1.5 × | |');
  expect(left).not.toContain('Measured on');
});

test('fails to measure a row, and the figures that it had are kept; a measured one replaces them', () => {
  const [tea, milk] = [row, { ...row, name: 'milk' }];
  const figures = (pairs: [number, number][]) => resultOf(tea, { against: { kettle: { unit: 's', pairs } } });
  const failed = { result: notMeasured(tea, 'the kettle leaks'), failed: true };
  const [before, now] = [figures([[3, 2]]), figures([[1, 2]])];
  expect(kept([tea], new Map([['tea', failed]]), [before])).toEqual([before]);
  expect(kept([tea], new Map([['tea', failed]]), [])).toEqual([failed.result]);
  expect(kept([tea], new Map([['tea', { result: now, failed: false }]]), [before])).toEqual([now]);
  expect(kept([milk], new Map(), [before])).toEqual([notMeasured(milk, 'it was left out of the run')]);
});

test('refuses a file that cannot be written, before anything is measured, and leaves none where it can', () => {
  const folder = mkdtempSync(join(tmpdir(), 'writable-'));
  try {
    expect(() => requireWritable(join(folder, 'no-such-folder', 'figures.json'))).toThrow(/^The figures cannot be written to .*: ENOENT/);
    expect(() => requireWritable(folder)).toThrow('EISDIR');
    requireWritable(join(folder, 'figures.json'));
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('each side goes first in its turn', async () => {
  const turns: string[] = [];
  const sides = { ours: () => turns.push('ours'), theirs: async () => turns.push('theirs'), others: () => turns.push('others') };
  for (const round of [-1, 0, 1]) await inTurns(round, sides);
  expect(turns.join(' ')).toBe('others ours theirs ours theirs others theirs others ours');
});

test.each([[0.01234, '0.0123'], [1.5, '1.5'], [12.34, '12.3'], [1234.5, '1,235'], [1_000_000, '1,000,000'], [0, '0']])('%d is written %s', (value, text) => {
  expect(figure(value)).toBe(text);
});
