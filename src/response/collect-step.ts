import type { Listing, Progress } from './collection-answers';
import type { CollectionPolicy } from './collection-policy';
import type { Collection, CollectionWork, DumpFile, Incident } from './incident';

/** S3 takes 10,000 parts. */
const MOST_PARTS = 9000;
/** A part takes about half as long to hash as to send, so that beside some of them twice as many are hashed. */
const HASHED_BESIDE_SENT = 2;
/** Nothing is sent while the first part is hashed; then follow 2, and 4. In fewer parts that first one would be a larger share of the whole. */
const ENOUGH_PARTS = 1 + 2 + 4;
/** With smaller parts the start of curl and the handshake would show. */
const LEAST_PART_MIB = 32;
/** Addresses have some 2,000 characters each, and a command takes a limited number of them. */
const BATCH = 8;
const MOST_KNOWN = 2 * BATCH;
const MOST_FAILURES = 5;
const MIB = 1024 * 1024;

/** A part of a file, as the program on the instance is told it. */
export interface Part {
  readonly file: DumpFile;
  readonly number: number;
  readonly offsetMib: number;
  readonly lengthMib: number;
  /** Hexadecimal, where it is known. */
  readonly sha256?: string;
}

/** What is next. */
export type Action =
  | { readonly do: 'list' }
  | { readonly do: 'begin'; readonly file: DumpFile }
  | { readonly do: 'send'; readonly send: Part[]; readonly hash: Part[] }
  | { readonly do: 'confirm'; readonly file: DumpFile }
  | { readonly do: 'remove'; readonly files: DumpFile[] }
  | { readonly do: 'end' };

export const NO_WORK: CollectionWork = { file: 0, nextPart: 1, hashes: [], failures: 0 };

/** How the file is cut. An upload can be resumed, since the length of the parts does not change once the file was found. */
export function partsOf({ bytes, ...file }: DumpFile, partMib: number): { readonly lengthMib: number; readonly count: number } {
  const quotient = (divisor: number) => Math.ceil(bytes / (divisor * MIB));
  const usual = Math.min(Math.max(LEAST_PART_MIB, quotient(ENOUGH_PARTS)), partMib);
  const { lengthMib = Math.max(usual, quotient(MOST_PARTS)) } = file;
  return { lengthMib, count: Math.max(1, quotient(lengthMib)) };
}

/**
 * Since when a dump is that of the incident, in epoch seconds: whichever came first, since a second interrupt may be tried, and refused,
 * minutes after the first one was answered by a dump.
 */
export function since({ interrupt, execution }: Pick<Incident, 'interrupt' | 'execution'>): number {
  const times = [execution.startedAt, ...interrupt ? [interrupt.at] : []].map(time => new Date(time).getTime());
  return Math.floor(Math.min(...times) / 1000);
}

/** The files that are to be brought: the kernel log first, since it says why. */
export function wanted({ files }: Collection, { contents }: CollectionPolicy): DumpFile[] {
  const of = (kind: string) => files.filter(file => file.kind === kind && file.bytes > 0);
  return [...of('kernelLog'), ...contents === 'kernelLogAndVmcore' ? of('vmcore') : []];
}

/**
 * Decides what is next, from what is known and from nothing else.
 */
export function nextAction(collection: Collection, policy: CollectionPolicy): Action {
  const { directory, files, work = NO_WORK } = collection;
  if (work.failures >= MOST_FAILURES || collection.missing !== undefined && directory === undefined) return { do: 'end' };
  if (directory === undefined) return { do: 'list' };
  const due = wanted(collection, policy).slice(work.file);
  if (due.length === 0) {
    const removable = policy.removeAfterUpload ? files.filter(({ key, removed }) => key !== undefined && !removed) : [];
    // With a dump that was left behind its log stays too.
    const whole = files.every(({ key, bytes }) => key !== undefined || bytes === 0);
    return removable.length > 0 && whole ? { do: 'remove', files: removable } : { do: 'end' };
  }
  const [file, nextFile] = due;
  const { count } = partsOf(file, policy.partMib);
  if (count > 1 && work.uploadId === undefined) return { do: 'begin', file };
  if (work.nextPart > count) return { do: 'confirm', file };
  const { hashes, nextPart, sentBeyond = [], ahead = [] } = work;
  const known = hashes.map((sha256, index) => ({ ...partOf(file, nextPart + index, policy), sha256 }));
  const unsent = known.filter(({ number }) => !sentBeyond.includes(number));
  const send = unsent.slice(0, BATCH);
  const enough = Math.min(BATCH, Math.max(1, HASHED_BESIDE_SENT * send.length)) - (unsent.length - send.length);
  // Where one part fails again and again the others do not go far beyond it, since all of their hashes are kept.
  const toHash = unknownParts(file, nextPart + hashes.length, Math.min(enough, MOST_KNOWN - hashes.length), policy);
  const ofNext = toHash.length === 0 && nextFile ? unknownParts(nextFile, ahead.length + 1, 1 - ahead.length, policy) : [];
  return { do: 'send', send, hash: [...toHash, ...ofNext] };
}

function partOf(file: DumpFile, number: number, { partMib }: CollectionPolicy): Part {
  const { lengthMib } = partsOf(file, partMib);
  return { file, number, offsetMib: (number - 1) * lengthMib, lengthMib };
}

/** The parts of a file from a number on, as many as are wanted and there. */
function unknownParts(file: DumpFile, first: number, most: number, policy: CollectionPolicy): Part[] {
  const length = Math.max(0, Math.min(most, partsOf(file, policy.partMib).count - first + 1));
  return Array.from({ length }, (_, index) => partOf(file, first + index, policy));
}

/** What the program found. */
export function afterListing(collection: Collection, listing: Listing | undefined, policy: CollectionPolicy): Collection {
  if (!listing) return failed(collection, 'The instance did not say what it has');
  if (listing.directory === null) return { ...collection, system: listing.system, missing: noDump(listing, policy.dumpPath) };
  const files = listing.files.map(({ name, kind, bytes, incomplete }) => {
    const file = { name, kind, bytes, ...incomplete && { incomplete } };
    return { ...file, lengthMib: partsOf(file, policy.partMib).lengthMib };
  });
  const found = { ...collection, directory: `${policy.dumpPath}/${listing.directory}`, system: listing.system, files };
  const first = wanted(found, policy)[0];
  const sha256 = listing.files.find(({ name }) => name === first?.name)?.sha256;
  // The log goes in one part, and its checksum came along.
  const known = first && sha256 && partsOf(first, policy.partMib).count === 1 ? [sha256] : [];
  if (!listing.curl) return { ...found, missing: 'There is no curl on the instance; it has to be installed there', work: { ...NO_WORK, failures: MOST_FAILURES } };
  const missing = shortcomings(found);
  return { ...found, ...missing && { missing }, work: { ...NO_WORK, hashes: known } };
}

function noDump({ capturing, passedOver }: Listing, dumpPath: string): string {
  if (capturing) return 'The instance is still in its capture kernel';
  const strangers = passedOver > 0 ? `; ${passedOver} files are links, or do not belong to root` : '';
  return `There is no dump in ${dumpPath} that was written after the interrupt${strangers}`;
}

/** What is wrong with the dump itself. */
function shortcomings({ files }: Collection): string | undefined {
  const vmcores = files.filter(({ kind }) => kind === 'vmcore');
  if (vmcores.length === 0) return 'The capture kernel saved a kernel log, but no dump';
  if (vmcores.every(({ bytes }) => bytes === 0)) return 'The dump is empty';
  if (vmcores.every(({ incomplete }) => incomplete)) return 'The capture kernel did not finish the dump';
  // Where vmcore-dmesg fails, kexec-tools leave an empty vmcore-dmesg-incomplete.txt beside a whole dump (kdump.sh).
  const logs = files.filter(({ kind, bytes }) => kind === 'kernelLog' && bytes > 0);
  if (logs.length === 0) return 'The capture kernel saved a dump, but no kernel log';
  return logs.every(({ incomplete }) => incomplete) ? 'The capture kernel did not finish the kernel log' : undefined;
}

/** How long a command is expected to take, by how fast the last one was; undefined where that is not known. */
export function expectedSeconds(action: Action, { bytesPerSecond }: CollectionWork): number | undefined {
  if (action.do !== 'send' || !bytesPerSecond) return undefined;
  return Math.ceil(action.send.reduce((sum, part) => sum + bytesOf(part), 0) / bytesPerSecond);
}

function bytesOf({ file, offsetMib, lengthMib }: Part): number {
  return Math.max(0, Math.min(file.bytes - offsetMib * MIB, lengthMib * MIB));
}

/**
 * What became of the parts.
 *
 * @param seconds how long the command took, if that is known
 */
export function afterSending(
  collection: Collection, { sent, hashes, failure, changed }: Progress, policy: CollectionPolicy, seconds = NaN,
): Collection {
  const { work = NO_WORK } = collection;
  // Whoever changes it is not done with it.
  if (changed) return failed({ ...collection, work: { ...work, failures: MOST_FAILURES } }, 'The dump has changed while it was being uploaded');
  const [file, nextFile] = wanted(collection, policy).slice(work.file);
  const { nextPart: first, hashes: known, sentBeyond = [] } = work;
  const taken = new Set(sent.filter(number => number >= first && number < first + known.length && !sentBeyond.includes(number)));
  const there = new Set([...sentBeyond, ...taken]);
  let nextPart = first;
  while (there.has(nextPart)) nextPart += 1;
  const after = {
    ...work,
    nextPart,
    sentBeyond: [...there].filter(number => number > nextPart),
    hashes: withHashes(file, nextPart, known.slice(nextPart - first), hashes, MOST_KNOWN),
    ...nextFile && { ahead: withHashes(nextFile, 1, work.ahead ?? [], hashes, 1) },
  };
  const hasHashed = nextPart + after.hashes.length > first + known.length || (after.ahead ?? []).length > (work.ahead ?? []).length;
  const progressed = taken.size > 0 || hasHashed;
  const bytes = [...taken].reduce((sum, number) => sum + bytesOf(partOf(file, number, policy)), 0);
  const speed = bytes > 0 && seconds > 0 ? { bytesPerSecond: bytes / seconds } : {};
  const result = { ...collection, work: { ...after, ...speed, ...progressed && { failures: 0 } } };
  return failure === undefined && progressed ? result : failed(result, failure ?? 'Nothing was uploaded', progressed);
}

/** The known hashes of the parts from a number on, and those that follow without a gap: no more than are asked for. */
function withHashes({ name }: DumpFile, first: number, known: string[], hashes: Progress['hashes'], most: number): string[] {
  const all = [...known];
  const next = () => all.length < most ? hashes.get(`${name} ${first + all.length}`) : undefined;
  for (let hash = next(); hash !== undefined; hash = next()) all.push(hash);
  return all;
}

/** S3 has the whole of the file. */
export function afterConfirming(collection: Collection, file: DumpFile, key: string, checksumSha256: string | undefined): Collection {
  const files = collection.files.map(each => each.name === file.name ? { ...each, key, ...checksumSha256 && { checksumSha256 } } : each);
  const { file: index = 0, ahead: hashes = [] } = collection.work ?? {};
  return { ...collection, files, work: { ...NO_WORK, file: index + 1, hashes } };
}

export function afterRemoving(collection: Collection, { removed }: Progress): Collection {
  const files = collection.files.map(file => removed.includes(file.name) ? { ...file, removed: true } : file);
  const after = { ...collection, files };
  return files.some((file, index) => file !== collection.files[index]) ? after : failed(after, 'The instance did not remove what was uploaded');
}

/** The time is over: nothing more is begun. */
export function outOfTime(collection: Collection): Collection {
  return { ...collection, work: { ...collection.work ?? NO_WORK, failures: MOST_FAILURES, lastFailure: 'The time for it was over' } };
}

/** Counts an attempt that failed, unless something came of it nevertheless. */
export function failed(collection: Collection, lastFailure: string, progressed = false): Collection {
  const { work = NO_WORK } = collection;
  return { ...collection, work: { ...work, failures: progressed ? 0 : work.failures + 1, lastFailure } };
}

/** The end, with what is missing said. */
export function ended(collection: Collection, policy: CollectionPolicy, at: string): Collection {
  const { work, ...rest } = collection;
  const left = wanted(collection, policy).filter(({ key }) => key === undefined).map(({ name }) => name);
  const gaveUp = work && work.failures >= MOST_FAILURES && work.lastFailure;
  const missing = [
    ...collection.missing ? [collection.missing] : [],
    ...left.length > 0 && !collection.missing?.includes('curl') ? [`${left.join(' and ')} could not be uploaded`] : [],
    ...gaveUp ? [gaveUp] : [],
  ];
  return { ...rest, done: true, endedAt: at, ...missing.length > 0 && { missing: missing.join('. ') } };
}
