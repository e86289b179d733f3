import * as fc from 'fast-check';
import {
  Action, afterConfirming, afterListing, afterRemoving, afterSending, ended, failed, nextAction, Part, partsOf, since, wanted,
} from '../../src/response/collect-step';
import { Listing, readListing, readProgress } from '../../src/response/collection-answers';
import { CollectionPolicy } from '../../src/response/collection-policy';
import { Collection } from '../../src/response/incident';

const MIB = 1024 * 1024;
const POLICY: CollectionPolicy = {
  bucket: 'dumps', documentName: 'collect', dumpPath: '/var/crash', contents: 'kernelLogAndVmcore', removeAfterUpload: true, partMib: 5, timeoutSeconds: 3600,
};
const BEGUN: Collection = { done: false, bucket: 'dumps', files: [], startedAt: '2026-01-02T03:05:00Z', steps: 0 };
const SHA = 'ab'.repeat(32);
const LISTING: Listing = {
  directory: '202601020306',
  files: [
    { name: 'dmesg.202601020306', kind: 'kernelLog', bytes: 612, incomplete: false, sha256: SHA },
    { name: 'dump.202601020306', kind: 'vmcore', bytes: 52 * MIB, incomplete: false },
  ],
  passedOver: 0,
  capturing: false,
  curl: true,
  system: { id: 'debian', version: '12', kernel: '6.1.0-47-amd64', architecture: 'x86_64' },
};
const LISTED = afterListing(BEGUN, LISTING, POLICY);

test('a file is cut into parts that S3 takes: seven are enough, none is small, and larger ones are taken where there would be too many', () => {
  const of = (bytes: number, partMib = 512) => partsOf({ name: 'vmcore', kind: 'vmcore', bytes }, partMib);
  expect(of(1)).toEqual({ lengthMib: 32, count: 1 });
  expect(of(32 * MIB)).toEqual({ lengthMib: 32, count: 1 });
  expect(of(32 * MIB + 1)).toEqual({ lengthMib: 32, count: 2 });
  expect(of(224 * MIB)).toEqual({ lengthMib: 32, count: 7 });
  expect(of(224 * MIB + 1)).toEqual({ lengthMib: 33, count: 7 });
  expect(of(1024 * MIB)).toEqual({ lengthMib: 147, count: 7 });
  expect(of(3584 * MIB)).toEqual({ lengthMib: 512, count: 7 });
  expect(of(3584 * MIB + 1)).toEqual({ lengthMib: 512, count: 8 });
  expect(of(4 * 1024 * MIB)).toEqual({ lengthMib: 512, count: 8 });
  expect(of(5 * 1024 * MIB)).toEqual({ lengthMib: 512, count: 10 });
  expect(of(100 * 1024 * MIB)).toEqual({ lengthMib: 512, count: 200 });
  expect(of(9000 * 512 * MIB)).toEqual({ lengthMib: 512, count: 9000 });
  expect(of(9000 * 512 * MIB + 1)).toEqual({ lengthMib: 513, count: 8983 });
  expect(of(6 * 1024 * 1024 * MIB)).toEqual({ lengthMib: 700, count: 8988 });
});

test('whatever its size, the parts are the whole of it, and as many and as large as S3 takes', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 45e12 }), fc.constantFrom(5, 512), (bytes, partMib) => {
    const { lengthMib, count } = partsOf({ name: 'vmcore', kind: 'vmcore', bytes }, partMib);
    expect(count).toBeLessThanOrEqual(10_000);
    expect(lengthMib).toBeGreaterThanOrEqual(5);
    expect(lengthMib).toBeLessThanOrEqual(5 * 1024);
    expect(count * lengthMib * MIB).toBeGreaterThanOrEqual(bytes);
    expect((count - 1) * lengthMib * MIB).toBeLessThan(bytes);
  }));
});

test('the kernel log goes first, at once, since its checksum came along', () => {
  expect(nextAction(BEGUN, POLICY)).toEqual({ do: 'list' });
  expect(nextAction(LISTED, POLICY)).toMatchObject({ do: 'send', send: [{ file: { kind: 'kernelLog' }, number: 1, sha256: SHA }] });
});

test('the first part of the dump is hashed while the kernel log is sent, and from then on twice as many as are sent', () => {
  const numbers = (parts: Part[]) => parts.map(({ file, number }) => `${file.kind} ${number}`);
  const of = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => `vmcore ${first + index}`);
  const hashed = (parts: Part[]) => parts.map(({ file, number }) => `hash ${file.name} ${number} ${SHA}\n`).join('');
  const sent = (parts: Part[]) => parts.map(({ file, number }) => `sent ${file.name} ${number}\n`).join('');
  const commands = [];
  let collection = LISTED;
  for (let action = nextAction(collection, POLICY); action.do !== 'remove'; action = nextAction(collection, POLICY)) {
    if (action.do === 'send') {
      commands.push([numbers(action.send), numbers(action.hash)]);
      collection = afterSending(collection, readProgress(hashed(action.hash) + sent(action.send)), POLICY);
    } else if (action.do === 'begin') {
      collection = { ...collection, work: { ...collection.work!, uploadId: 'upload' } };
    } else if (action.do === 'confirm') {
      collection = afterConfirming(collection, action.file, 'key', 'checksum');
    }
  }
  expect(commands).toEqual([
    [['kernelLog 1'], of(1, 1)], [of(1, 1), of(2, 3)], [of(2, 3), of(4, 7)], [of(4, 7), of(8, 11)], [of(8, 11), []],
  ]);
});

test('the log alone is sent and nothing hashed, where the dump stays', () => {
  expect(nextAction(LISTED, { ...POLICY, contents: 'kernelLog' })).toMatchObject({ do: 'send', hash: [] });
});

test('what is known of the next file is not hashed again where the first could not be sent', () => {
  const line = `hash dump.202601020306 1 ${SHA}\n`;
  const tried = afterSending(LISTED, readProgress(`${line}failed dmesg.202601020306 1 503 0 SlowDown\n`), POLICY);
  expect(nextAction(tried, POLICY)).toMatchObject({ do: 'send', send: [{ number: 1 }], hash: [] });
});

test('where the kernel log alone is asked for, the dump is not touched, nor is anything removed', () => {
  const policy: CollectionPolicy = { ...POLICY, contents: 'kernelLog' };
  const sent = afterConfirming(afterSending(LISTED, readProgress('sent dmesg.202601020306 1\n'), POLICY), LISTED.files[0], 'key', 'checksum');
  expect(nextAction(sent, policy)).toEqual({ do: 'end' });
  expect(ended(sent, policy, 'now')).toMatchObject({ done: true, endedAt: 'now' });
  expect(ended(sent, policy, 'now')).not.toHaveProperty('missing');
});

test.each<[string, Partial<Listing>, RegExp]>([
  ['there is no dump', { directory: null, files: [] }, /^There is no dump in \/var\/crash that was written after the interrupt$/],
  ['what is there is not root\'s', { directory: null, files: [], passedOver: 2 }, /; 2 files are links, or do not belong to root$/],
  ['the capture kernel still runs', { directory: null, files: [], capturing: true }, /still in its capture kernel/],
  ['there is no curl', { curl: false }, /^There is no curl on the instance/],
])('ends, and says so: %s', (_what, listing, missing) => {
  const listed = afterListing(BEGUN, { ...LISTING, ...listing }, POLICY);
  expect(nextAction(listed, POLICY)).toEqual({ do: 'end' });
  expect(ended(listed, POLICY, 'now').missing).toMatch(missing);
});

test.each<[string, Listing['files'], string]>([
  ['the dump is empty', [LISTING.files[0], { ...LISTING.files[1], bytes: 0 }], 'The dump is empty'],
  ['the dump was not finished', [LISTING.files[0], { ...LISTING.files[1], incomplete: true }], 'The capture kernel did not finish the dump'],
  ['there is a log alone', [LISTING.files[0]], 'The capture kernel saved a kernel log, but no dump'],
  ['there is a dump alone', [LISTING.files[1]], 'The capture kernel saved a dump, but no kernel log'],
  ['the log is empty', [{ ...LISTING.files[0], bytes: 0, incomplete: true }, LISTING.files[1]], 'The capture kernel saved a dump, but no kernel log'],
  ['the log was not finished', [{ ...LISTING.files[0], incomplete: true }, LISTING.files[1]], 'The capture kernel did not finish the kernel log'],
])('brings what there is, and says what is wrong with it: %s', (_what, files, missing) => {
  const listed = afterListing(BEGUN, { ...LISTING, files }, POLICY);
  expect(listed.missing).toBe(missing);
  expect(wanted(listed, POLICY).map(({ bytes }) => bytes)).toEqual(files.map(({ bytes }) => bytes).filter(Boolean));
});

test('the dump of the first interrupt is that of the incident, though a second one was refused long afterwards', () => {
  const execution = { arn: 'arn', name: 'name', startedAt: '2026-01-02T03:05:00Z' };
  const interrupt = (at: string) => ({ at, attempt: 2, decision: 'refuse' as const });
  const start = Date.parse(execution.startedAt) / 1000;
  expect(since({ execution })).toBe(start);
  expect(since({ execution, interrupt: interrupt('2026-01-02T03:15:00Z') })).toBe(start);
  // Another execution has taken over.
  expect(since({ execution, interrupt: interrupt('2026-01-02T03:00:00Z') })).toBe(start - 300);
});

test('a dump that has changed is not sent on', () => {
  const changed = afterSending(LISTED, readProgress('changed dmesg.202601020306\n'), POLICY);
  expect(nextAction(changed, POLICY)).toEqual({ do: 'end' });
  expect(ended(changed, POLICY, 'now').missing).toMatch(/The dump has changed while it was being uploaded/);
});

test('gives up after five attempts in a row that brought nothing', () => {
  let collection = LISTED;
  for (let attempt = 1; attempt <= 5; attempt++) {
    expect(nextAction(collection, POLICY).do).toBe('send');
    collection = afterSending(collection, readProgress('failed dmesg.202601020306 1 403 0 AccessDenied\n'), POLICY);
  }
  expect(nextAction(collection, POLICY)).toEqual({ do: 'end' });
  expect(ended(collection, POLICY, 'now').missing).toMatch(/could not be uploaded\. part 1: HTTP status 403, exit code of curl 0, S3 says AccessDenied$/);
});

/** How many parts each of the two senders gets to S3 before one fails, or the command is cut off. */
type Fate = readonly [number, number];

/** Plays the instance and S3: some parts fail, some output is lost. Answers what was sent, and how it ended. */
function play(bytes: number, fates: Fate[]): { parts: number[]; collection: Collection; rounds: number } {
  const files = [{ name: 'vmcore', kind: 'vmcore' as const, bytes, incomplete: false }];
  let collection = afterListing(BEGUN, { ...LISTING, files }, POLICY);
  const parts: number[] = [];
  let rounds = 0;
  for (; rounds < 1000; rounds++) {
    const action: Action = nextAction(collection, POLICY);
    if (action.do === 'end') break;
    if (action.do === 'begin') {
      collection = { ...collection, work: { ...collection.work!, uploadId: 'upload' } };
    } else if (action.do === 'confirm') {
      collection = afterConfirming(collection, action.file, 'key', 'checksum');
    } else if (action.do === 'remove') {
      collection = afterRemoving(collection, readProgress('removed vmcore\n'));
    } else if (action.do === 'send') {
      const fate = fates[rounds % fates.length];
      const sent = action.send.filter((_part, index) => Math.floor(index / 2) < fate[index % 2]).map(({ number }) => number);
      parts.push(...sent);
      const lines = sent.map(number => `sent vmcore ${number}`);
      if (sent.length < action.send.length) lines.push('failed vmcore 99 500 0 InternalError');
      action.hash.forEach(({ number }) => lines.push(`hash vmcore ${number} ${SHA}`));
      collection = afterSending(collection, readProgress(lines.reverse().join('\n')), POLICY);
    } else {
      throw new Error(`${action.do} was not to come`);
    }
  }
  return { parts, collection, rounds };
}

test('whatever fails, it ends; no part is sent twice, and at its end S3 has all of them', () => {
  const sender = fc.integer({ min: 0, max: 4 });
  const manyFates = fc.array(fc.tuple(sender, sender), { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 400 * MIB }), manyFates, (bytes, fates) => {
    const { parts, collection, rounds } = play(bytes, fates);
    expect(rounds).toBeLessThan(1000);
    expect(new Set(parts).size).toBe(parts.length);
    const { count } = partsOf(collection.files[0], POLICY.partMib);
    // The first sender has the part that S3 misses first.
    if (fates.every(([first]) => first > 0)) expect(collection.files[0].key).toBe('key');
    if (collection.files[0].key) expect(parts.sort((one, other) => one - other)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(JSON.stringify(collection.work).length).toBeLessThan(2000);
  }), { numRuns: 300 });
});

test('a part that was sent past one that failed is not sent again, and none counts that was not asked for', () => {
  const bytes = 20 * MIB;
  const work = { file: 0, uploadId: 'upload', nextPart: 1, hashes: [SHA, SHA, SHA], failures: 0 };
  const begun: Collection = { ...BEGUN, directory: '/var/crash/1', files: [{ name: 'vmcore', kind: 'vmcore', bytes }], work };
  const after = afterSending(begun, readProgress('sent vmcore 2\nsent vmcore 4\nsent vmcore 2\nsent vmcore 0\nfailed vmcore 1 500 0 InternalError\n'), POLICY, 10);
  expect(after.work).toMatchObject({ nextPart: 1, sentBeyond: [2], hashes: [SHA, SHA, SHA], failures: 0, bytesPerSecond: MIB / 2 });
  expect(nextAction(after, POLICY)).toMatchObject({ do: 'send', send: [{ number: 1 }, { number: 3 }], hash: [{ number: 4 }] });
  const whole = afterSending(after, readProgress('sent vmcore 3\nsent vmcore 1\n'), POLICY);
  expect(whole.work).toMatchObject({ nextPart: 4, sentBeyond: [], hashes: [] });
});

test('what is deployed while a dump is uploaded does not cut it anew', () => {
  const files = [{ name: 'vmcore', kind: 'vmcore' as const, bytes: 30 * MIB, incomplete: false }];
  const found = afterListing(BEGUN, { ...LISTING, files }, POLICY);
  const begun = { ...found, work: { ...found.work!, uploadId: 'upload', nextPart: 3, hashes: [SHA] } };
  for (const partMib of [5, 7, 512]) {
    const send = [{ number: 3, offsetMib: 10, lengthMib: 5 }];
    expect(nextAction(begun, { ...POLICY, partMib })).toMatchObject({ send, hash: [{ number: 4 }, { number: 5 }] });
  }
});

test('an instance that tells more hashes than it was asked for makes the state no larger', () => {
  const lines = (name: string) => Array.from({ length: 300 }, (_, index) => `hash ${name} ${index + 1} ${SHA}\n`).join('');
  let collection = afterConfirming(LISTED, LISTED.files[0], 'key', 'checksum');
  const { length } = JSON.stringify(collection);
  for (let times = 0; times < 20; times++) {
    collection = afterSending(collection, readProgress(lines('dump.202601020306') + lines('dmesg.202601020306')), POLICY);
    expect(JSON.stringify(collection).length).toBeLessThan(length + 1500);
  }
  expect(afterSending(LISTED, readProgress(lines('dump.202601020306')), POLICY).work!.ahead).toHaveLength(1);
});

test('a counted failure does not last: progress sets it back', () => {
  const tired = failed(failed(LISTED, 'once'), 'twice');
  expect(tired.work!.failures).toBe(2);
  expect(afterSending(tired, readProgress('sent dmesg.202601020306 1\n'), POLICY).work!.failures).toBe(0);
});

describe('refuses from the instance what is not of the form that the program writes:', () => {
  test.each<[string, unknown]>([
    ['no JSON', 'dump'],
    ['a name that climbs', { ...LISTING, files: [{ ...LISTING.files[0], name: '../../etc/shadow' }] }],
    ['a name with a blank', { ...LISTING, directory: 'a b' }],
    ['a negative size', { ...LISTING, files: [{ ...LISTING.files[0], bytes: -1 }] }],
    ['too many files', { ...LISTING, files: Array(9).fill(LISTING.files[0]) }],
    ['a kernel that is a command', { ...LISTING, system: { ...LISTING.system, kernel: '$(reboot)' } }],
    ['a key that nobody knows', { ...LISTING, more: 1 }],
  ])('refuses %s', (_what, said) => {
    expect(readListing(typeof said === 'string' ? said : JSON.stringify(said))).toBeUndefined();
  });

  test('the last line counts, whatever the shell printed before', () => {
    expect(readListing(`a warning\n${JSON.stringify(LISTING)}\n`)).toEqual(LISTING);
  });

  test('lines that are none of the program\'s are passed over', () => {
    expect(readProgress('sent a\nhash f 1 xyz\nnoise\nfailed f 1\n')).toEqual({ sent: [], hashes: new Map(), changed: false, removed: [] });
  });
});
