import * as fc from 'fast-check';
import { isForAwsToRecover, isToBeForgotten, newlyUnresponsive, remembered } from '../../src/detection/newly-unresponsive';

const NOW = new Date('2026-01-02T03:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);
const impaired = (instanceId: string, seconds: number) => ({ instanceId, since: ago(seconds) });
const names = (instances: { readonly instanceId: string }[]) => instances.map(({ instanceId }) => instanceId);

test('are those that have failed for long enough, the longest first', () => {
  const instances = [impaired('i-a', 179.999), impaired('i-b', 180), impaired('i-c', 7200), impaired('i-d', -5)];
  expect(names(newlyUnresponsive(instances, {}, 180, NOW))).toEqual(['i-c', 'i-b']);
});

test('are not those that were told of since they began to fail', () => {
  const told = { 'i-a': ago(60).toISOString(), 'i-b': ago(300).toISOString() };
  expect(newlyUnresponsive([impaired('i-a', 240), impaired('i-b', 300)], told, 180, NOW)).toEqual([]);
});

test('are those again that recovered in between: what was told was about the time before', () => {
  expect(names(newlyUnresponsive([impaired('i-a', 240)], { 'i-a': ago(241).toISOString() }, 180, NOW))).toEqual(['i-a']);
});

test.each(['', 'yesterday'])('are told of rather twice than never, where it is not known when: %j', at => {
  expect(names(newlyUnresponsive([impaired('i-a', 240)], { 'i-a': at }, 180, NOW))).toEqual(['i-a']);
});

test('takes an instance whose name every object has for any other', () => {
  expect(names(newlyUnresponsive([impaired('constructor', 240)], {}, 180, NOW))).toEqual(['constructor']);
});

test('of those that no longer fail nothing is remembered', () => {
  const [a, b, c] = [impaired('i-a', 600), impaired('i-b', 240), impaired('i-c', 10)];
  const told = { 'i-a': ago(300).toISOString(), 'i-gone': ago(300).toISOString() };
  expect(remembered([a, b, c], told, [b], NOW)).toEqual({ 'i-a': ago(300).toISOString(), 'i-b': NOW.toISOString() });
});

test('tells of each failure of each instance once, however long it lasts and however often it is looked at', () => {
  // For each instance, the minutes in which it fails.
  const history = fc.record({ from: fc.nat(60), length: fc.integer({ min: 1, max: 60 }), pause: fc.integer({ min: 1, max: 20 }), again: fc.nat(60) });
  const histories = fc.array(history, { minLength: 1, maxLength: 5 });
  const missed = fc.array(fc.nat(200), { maxLength: 30 });
  fc.assert(fc.property(histories, fc.integer({ min: 1, max: 10 }), missed, (instances, minutes, notLooked) => {
    const spans = instances.flatMap(({ from, length, pause, again }, index) => {
      const [instanceId, to] = [`i-${index}`, from + length];
      return [{ instanceId, from, to }, { instanceId, from: to + pause, to: to + pause + again }];
    });
    const at = (minute: number) => new Date(minute * 60_000);
    const counts = new Map<object, number>();
    let told = {};
    for (let minute = 0; minute <= 260; minute++) {
      if (notLooked.includes(minute)) continue;
      const failing = spans.filter(({ from, to }) => minute >= from && minute < to);
      const now = failing.map(({ instanceId, from }) => ({ instanceId, since: at(from) }));
      const fresh = newlyUnresponsive(now, told, minutes * 60, at(minute));
      for (const { instanceId } of fresh) {
        const span = failing.find(each => each.instanceId === instanceId)!;
        counts.set(span, (counts.get(span) ?? 0) + 1);
        expect(minute - span.from).toBeGreaterThanOrEqual(minutes);
      }
      if (fresh.length > 0) told = remembered(now, told, fresh, at(minute));
    }
    for (const span of spans) {
      const looks = Array.from({ length: 261 }, (_, minute) => minute)
        .filter(minute => minute >= span.from + minutes && minute < span.to && !notLooked.includes(minute));
      expect(counts.get(span) ?? 0).toBe(looks.length > 0 ? 1 : 0);
    }
  }), { numRuns: 300, seed: 7 });
});

test('forgets of those that are AWS\'s to recover whom it was told of, and no other', () => {
  const told = { 'i-a': ago(60).toISOString() };
  expect([['i-b', 'i-a'], ['i-b'], ['constructor'], []].map(each => isToBeForgotten(each, told))).toEqual([true, false, false, false]);
});

test.each<[boolean, string | undefined, string | undefined]>([
  [false, 'ok', undefined], [false, 'ok', 'ok'], [false, 'ok', 'not-applicable'], [false, 'ok', 'initializing'],
  [true, 'ok', 'impaired'], [true, 'impaired', 'ok'], [true, 'initializing', undefined], [true, 'not-applicable', undefined], [true, undefined, undefined],
])('is AWS\'s to recover: %j, where its side is %j and its volumes are %j', (expected, system, attachedEbs) => {
  expect(isForAwsToRecover(system, attachedEbs)).toBe(expected);
});
