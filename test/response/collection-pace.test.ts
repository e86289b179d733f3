import * as fc from 'fast-check';
import { afterConfirming, afterSending, expectedSeconds, nextAction, NO_WORK, Part } from '../../src/response/collect-step';
import { pauseSeconds, stepsWithin } from '../../src/response/collection-pace';
import { CollectionPolicy } from '../../src/response/collection-policy';
import { Collection } from '../../src/response/incident';

const MIB = 1024 * 1024;
const POLICY: CollectionPolicy = {
  bucket: 'dumps', documentName: 'collect', dumpPath: '/var/crash', contents: 'kernelLogAndVmcore', removeAfterUpload: false, partMib: 512, timeoutSeconds: 1e9,
};
const SHA = 'ab'.repeat(32);
const waiting = (waitedSeconds: number, expected?: number, steps = 1) => (
  { steps, work: { ...NO_WORK, command: { id: 'c', doing: 'send' as const, waitedSeconds, expectedSeconds: expected } } }
);

test.each<[string, number, Pick<Collection, 'steps' | 'work'>]>([
  ['a first look soon, where nothing is expected', 2, waiting(0)],
  ['a look when it is expected to end', 42, waiting(0, 42)],
  ['a look within a minute, since a hook is held by the looks', 60, waiting(0, 300)],
  ['the rest of the time', 20, waiting(60, 80)],
  ['a look soon again, where it is a little late', 2, waiting(42, 42)],
  ['a quarter of what it is late', 25, waiting(142, 42)],
  ['a minute at the most, however late it is', 60, waiting(3000)],
])('%s', (_what, seconds, collection) => {
  expect(pauseSeconds(collection, 0)).toBe(seconds);
});

test('half a minute at the least, once the steps of the time are used up', () => {
  expect(pauseSeconds(waiting(0, 1, 23), 0)).toBe(2);
  expect(pauseSeconds(waiting(0, 1, 24), 0)).toBe(30);
  expect(pauseSeconds(waiting(0, 1, 24), 49)).toBe(2);
  expect(pauseSeconds(waiting(0, 1, 25), 49)).toBe(30);
});

test.each([600, 3600, 4 * 3600, 6 * 3600])('in %d seconds there is one step more than is told at the most, however soon each command is over', timeout => {
  for (const expected of [undefined, 0, 1, 4, 31]) {
    for (const takes of [0, 0.2, 1.5]) {
      let [steps, elapsed] = [1, 0];
      for (; elapsed < timeout; steps++) elapsed += takes + pauseSeconds(waiting(0, expected, steps), elapsed);
      expect(steps).toBeLessThanOrEqual(stepsWithin(timeout) + 1);
    }
  }
});

interface Speeds { readonly sendPerSecond: number; readonly hashPerSecond: number }

/** Plays a dump of a size that is sent, and hashed beside that, so fast. Answers how many steps it took, how long, and how long of it commands ran. */
function play(bytes: number, { sendPerSecond, hashPerSecond }: Speeds): { steps: number; seconds: number; running: number; most: number } {
  const dump = { name: 'dump', kind: 'vmcore' as const, bytes };
  let collection: Collection = { done: false, bucket: 'dumps', directory: '/var/crash/1', files: [dump], startedAt: '', steps: 0, work: NO_WORK };
  let [seconds, running, most] = [0, 0, 0];
  for (;;) {
    const action = nextAction(collection, POLICY);
    if (action.do === 'end') return { steps: collection.steps, seconds, running, most };
    if (action.do === 'begin') {
      collection = { ...collection, work: { ...collection.work!, uploadId: 'u' } };
    } else if (action.do === 'confirm') {
      collection = afterConfirming(collection, action.file, 'key', 'sum');
    } else if (action.do === 'send') {
      const size = (parts: Part[]) => parts.reduce((sum, { offsetMib, lengthMib }) => sum + Math.min(lengthMib * MIB, bytes - offsetMib * MIB), 0);
      const takes = 1 + Math.max(size(action.send) / sendPerSecond, size(action.hash) / hashPerSecond);
      const expected = expectedSeconds(action, collection.work!);
      let waited = 0;
      do {
        collection = { ...collection, steps: collection.steps + 1 };
        const command = { waitedSeconds: waited, expectedSeconds: expected };
        const pause = pauseSeconds({ steps: collection.steps, work: { command } }, seconds);
        waited += pause;
        seconds += pause;
        most = Math.max(most, collection.steps - stepsWithin(seconds));
      } while (waited < takes);
      running += takes;
      const hashes = new Map(action.hash.map(({ number }) => [`dump ${number}`, SHA]));
      collection = afterSending(collection, { sent: action.send.map(({ number }) => number), hashes, changed: false, removed: [] }, POLICY, takes);
    } else {
      throw new Error(`${action.do} was not to come`);
    }
  }
}

test('100 GB at 100 MB/s: the commands run for most of the time, and are seldom looked at in vain', () => {
  const { steps, seconds, running } = play(100e9, { sendPerSecond: 100e6, hashPerSecond: 400e6 });
  expect(seconds / running).toBeLessThan(1.1);
  expect(steps).toBeLessThanOrEqual(40);
});

test('however large and fast, there are no more steps than the history of an execution has room for, and little time is lost', () => {
  const speed = fc.double({ min: 1e6, max: 2e9, noNaN: true });
  fc.assert(fc.property(fc.integer({ min: 1, max: 2e12 }), fc.record({ sendPerSecond: speed, hashPerSecond: speed }), (bytes, speeds) => {
    const { steps, seconds, running, most } = play(bytes, speeds);
    expect(most).toBeLessThanOrEqual(1);
    // A command that is over sooner than the shortest pause costs that pause, or that of the steady steps.
    expect(seconds).toBeLessThanOrEqual(1.6 * running + 30 * steps);
  }), { numRuns: 50, seed: 3 });
});
