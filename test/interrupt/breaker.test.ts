import * as fc from 'fast-check';
import { freeSlots, slotsOf } from '../../src/interrupt/breaker';

test.each([
  [1, 1], [3, 3], [100, 100], [101, 100],
])('a count of %d is as many slots, but a hundred at most', (count, slots) => {
  expect(slotsOf({ count }, undefined)).toBe(slots);
});

test.each([
  [10, 100, 10],
  [10, 109, 10],
  [10, 110, 11],
  [10, 9, 1],
  [10, 0, 1],
  [0.01, 5000, 1],
  [100, 7, 7],
  [100, 101, 100],
  [33, 10, 3],
])('%d %% of %d is %d: rounded down, at least one, a hundred at most', (percent, size, slots) => {
  expect(slotsOf({ percent }, { size })).toBe(slots);
});

test.each([
  ['was not read', undefined],
  ['could not be read', { missing: 'throttled' }],
  ['is not a number', { size: NaN }],
  ['is a part', { size: 1.5 }],
  ['is negative', { size: -1 }],
  ['has no end', { size: Infinity }],
  ['is text', { size: '10' as unknown as number }],
])('fails to say a share of a fleet whose size %s', (_what, fleet) => {
  expect(slotsOf({ percent: 10 }, fleet)).toBeUndefined();
});

test.each([
  [3, [], [0, 1, 2]],
  [3, [1], [0, 2]],
  [3, [0, 1, 2], []],
  [3, [7], [0, 1]],
  [3, [0, 7], [1]],
  [3, [7, 8, 9], []],
  [3, [0, 8, 9], []],
])('of %d slots, with %j taken, %j are free', (slots, taken, free) => {
  expect(freeSlots(slots, taken)).toEqual(free);
});

test('fails to give a slot that is taken, or beyond the last, or more with fewer slots or more taken', () => {
  const slot = fc.integer({ min: 0, max: 99 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 100 }), fc.uniqueArray(slot), slot, (slots, taken, another) => {
    const free = freeSlots(slots, taken);
    expect(free.every(each => each < slots && !taken.includes(each))).toBe(true);
    if (free.length > 0) expect(taken.length).toBeLessThan(slots);
    expect(freeSlots(slots, [...taken, another]).length).toBeLessThanOrEqual(free.length);
    if (slots > 1) expect(freeSlots(slots - 1, taken).length).toBeLessThanOrEqual(free.length);
  }));
});

test('lets no more pass than there are slots, however many decide at once, and after how much of a fleet is gone', () => {
  // Each decides when it comes up first, by what is taken then, and claims when it comes up again, if it still can.
  const turns = fc.array(fc.nat(9), { maxLength: 40 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.uniqueArray(fc.nat(9), { maxLength: 6 }), turns, (slots, before, whose) => {
    const taken = new Set(before);
    const decided = new Map<number, number[]>();
    for (const who of whose) {
      const free = decided.get(who);
      decided.set(who, free ? [] : freeSlots(slots, [...taken]));
      const slot = free?.find(each => !taken.has(each));
      if (slot !== undefined) taken.add(slot);
    }
    expect(taken.size).toBeLessThanOrEqual(Math.max(slots, before.length));
  }), { numRuns: 2000 });
});
