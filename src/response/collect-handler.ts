import {
  CompletedPart, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, HeadObjectCommand, HeadObjectCommandOutput, ListPartsCommand,
  PutObjectCommand, S3Client, S3ServiceException, UploadPartCommand,
} from '@aws-sdk/client-s3';
import { GetCommandInvocationCommand, GetCommandInvocationCommandOutput, InvocationDoesNotExist, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  Action, afterConfirming, afterListing, afterRemoving, afterSending, ended, expectedSeconds, failed, nextAction, NO_WORK, outOfTime, Part, partsOf,
  since,
} from './collect-step';
import { readListing, readProgress } from './collection-answers';
import { pauseSeconds } from './collection-pace';
import { COLLECTION_POLICY_VARIABLE, CollectionPolicy } from './collection-policy';
import type { Collection, DumpFile, Incident } from './incident';
import { readCollectionPolicy } from './read-collection-policy';
import { NEWEST_VERSION } from '../kdump/command-document';

// Without a checksum of its own making: each part has the one that the instance told.
const s3 = new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
const ssm = new SSMClient();

const URL_SECONDS = 3600;
/** For how long a command waits for the agent: an instance that is back has one that asks. */
const DELIVERY_SECONDS = 600;
/** After which a command is given up: it may take an hour (collection-document.ts), and be delivered late. */
const LONGEST_COMMAND_SECONDS = 75 * 60;
const CHECKSUM_HEADER = 'x-amz-checksum-sha256';

/**
 * One step of the collection: what the last command has brought, and the next one.
 */
export async function handler({ incident }: { readonly incident: Incident }): Promise<Collection> {
  const policy = readCollectionPolicy(process.env[COLLECTION_POLICY_VARIABLE]);
  const { collection: before = begun(policy) } = incident;
  if (before.done) return before;
  const counted = { ...before, steps: before.steps + 1 };
  const seen = before.work?.command ? await lookAtCommand(incident, counted, policy) : counted;
  const elapsedSeconds = (Date.now() - Date.parse(before.startedAt)) / 1000;
  // What S3 has of the dump by now is still put together.
  const isOver = elapsedSeconds >= policy.timeoutSeconds && (seen.work?.command || !['confirm', 'end'].includes(nextAction(seen, policy).do));
  if (isOver) return ended(outOfTime(seen), policy, new Date().toISOString());
  const after = seen.work?.command ? seen : await act(incident, seen, policy);
  return after.done ? after : { ...after, pauseSeconds: pauseSeconds(after, elapsedSeconds) };
}

function begun({ bucket }: CollectionPolicy): Collection {
  return { done: false, bucket, files: [], startedAt: new Date().toISOString(), steps: 0 };
}

/** What the running command has brought; one that still runs stays in `work`. */
async function lookAtCommand({ assessed }: Incident, collection: Collection, policy: CollectionPolicy): Promise<Collection> {
  const { command, ...work } = collection.work!;
  const { id, doing } = command!;
  const over = { ...collection, work };
  const answer = await invocation(id, assessed!.instanceId);
  const { Status = 'Pending', StandardOutputContent: output = '', StandardErrorContent: error = '' } = answer;
  if (['Pending', 'InProgress', 'Delayed', 'Cancelling'].includes(Status)) {
    const waitedSeconds = command!.waitedSeconds + (collection.pauseSeconds ?? 0);
    if (waitedSeconds >= LONGEST_COMMAND_SECONDS) return failed(over, 'A command did not end');
    return { ...collection, work: { ...work, command: { ...command!, waitedSeconds } } };
  }
  // What was printed counts also where the command was cut off.
  if (doing === 'list') return Status === 'Success' ? afterListing(over, readListing(output), policy) : failed(over, `The search ended as ${Status}: ${error.slice(0, 300)}`);
  const progress = readProgress(output);
  const { failure = Status === 'Success' ? undefined : `The command ended as ${Status}: ${error.slice(0, 300)}` } = progress;
  return doing === 'send' ? afterSending(over, { ...progress, failure }, policy, secondsOf(answer)) : afterRemoving(over, progress);
}

/** How long a command took. Not a number where that is not told. */
function secondsOf({ ExecutionStartDateTime = '', ExecutionEndDateTime = '' }: Partial<GetCommandInvocationCommandOutput>): number {
  return (Date.parse(ExecutionEndDateTime) - Date.parse(ExecutionStartDateTime)) / 1000;
}

async function invocation(CommandId: string, InstanceId: string): Promise<Partial<GetCommandInvocationCommandOutput>> {
  try {
    return await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
  } catch (error) {
    // A command that was just sent.
    if (error instanceof InvocationDoesNotExist) return {};
    throw error;
  }
}

/** Does what is next, until something has to be waited for. */
async function act(incident: Incident, collection: Collection, policy: CollectionPolicy): Promise<Collection> {
  const action = nextAction(collection, policy);
  switch (action.do) {
    case 'end': return ended(collection, policy, new Date().toISOString());
    case 'begin': return act(incident, await begin(incident, collection, action.file, policy), policy);
    case 'confirm': return act(incident, await confirm(incident, collection, action.file, policy), policy);
    default: return run(incident, collection, action, policy);
  }
}

async function begin(incident: Incident, collection: Collection, file: DumpFile, { bucket }: CollectionPolicy): Promise<Collection> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: keyOf(incident, file), ChecksumAlgorithm: 'SHA256' }));
  return { ...collection, work: { ...collection.work ?? NO_WORK, uploadId: UploadId } };
}

/** Puts the parts together, and asks S3 what it has: only that counts. */
async function confirm(incident: Incident, collection: Collection, file: DumpFile, policy: CollectionPolicy): Promise<Collection> {
  const { bucket: Bucket } = policy;
  const Key = keyOf(incident, file);
  const { uploadId: UploadId } = collection.work!;
  if (UploadId !== undefined) {
    const parts = await partsThere(Bucket, Key, UploadId);
    const { count } = partsOf(file, policy.partMib);
    const gap = parts.findIndex(({ PartNumber }, index) => PartNumber !== index + 1);
    // Undefined: there is no such upload, because an earlier call has completed it.
    if (parts.length > 0 && (gap >= 0 || parts.length < count)) {
      const nextPart = (gap >= 0 ? gap : parts.length) + 1;
      return failed({ ...collection, work: { ...collection.work!, nextPart, hashes: [] } }, `S3 does not have part ${nextPart}`);
    }
    if (parts.length > 0) await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }));
  }
  const { ContentLength, ChecksumSHA256 } = await head(Bucket, Key);
  if (ContentLength === file.bytes) return afterConfirming(collection, file, Key, ChecksumSHA256);
  return failed({ ...collection, work: { ...NO_WORK, file: collection.work!.file, failures: collection.work!.failures } },
    `S3 has ${ContentLength} bytes of ${file.name}, which has ${file.bytes}`);
}

async function head(Bucket: string, Key: string): Promise<HeadObjectCommandOutput> {
  try {
    return await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
  } catch (error) {
    // An answer without a body has no name.
    if ((error as S3ServiceException).$metadata?.httpStatusCode !== 403) throw error;
    throw Object.assign(new Error(`S3 denies s3:GetObject of ${Bucket}/${Key}, or it has no such object`), { name: 'AccessDenied' });
  }
}

async function partsThere(Bucket: string, Key: string, UploadId: string): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = [];
  let PartNumberMarker: string | undefined;
  try {
    do {
      const page = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId, PartNumberMarker }));
      parts.push(...(page.Parts ?? []).map(({ PartNumber, ETag, ChecksumSHA256 }) => ({ PartNumber, ETag, ChecksumSHA256 })));
      PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (PartNumberMarker !== undefined);
  } catch (error) {
    if ((error as Error).name !== 'NoSuchUpload') throw error;
  }
  return parts;
}

type Command = Extract<Action, { do: 'list' | 'send' | 'remove' }>;

async function run(incident: Incident, collection: Collection, action: Command, policy: CollectionPolicy): Promise<Collection> {
  const { Command } = await ssm.send(new SendCommandCommand({
    DocumentName: policy.documentName,
    DocumentVersion: NEWEST_VERSION,
    InstanceIds: [incident.assessed!.instanceId],
    TimeoutSeconds: DELIVERY_SECONDS,
    Parameters: Object.fromEntries(Object.entries(await parametersOf(incident, collection, action, policy)).map(([name, value]) => [name, [value]])),
  }));
  const { work = NO_WORK } = collection;
  const command = { id: Command!.CommandId!, doing: action.do, waitedSeconds: 0, expectedSeconds: expectedSeconds(action, work) };
  return { ...collection, work: { ...work, command } };
}

async function parametersOf(incident: Incident, collection: Collection, action: Command, policy: CollectionPolicy): Promise<Record<string, string>> {
  if (action.do === 'list') return { Action: 'list', DumpPath: policy.dumpPath, Since: String(since(incident)) };
  const where = { DumpPath: policy.dumpPath, Directory: collection.directory!.slice(policy.dumpPath.length + 1) };
  if (action.do === 'remove') return { ...where, Action: 'remove', Remove: action.files.map(({ name, bytes }) => `${name},${bytes};`).join('') };
  const fields = ({ file, number, offsetMib, lengthMib }: Part) => `${file.name},${file.bytes},${number},${offsetMib},${lengthMib}`;
  const send = await Promise.all(action.send.map(async part => {
    const checksum = Buffer.from(part.sha256!, 'hex').toString('base64');
    return `${fields(part)},${checksum},${await presign(incident, collection, part.file, part.number, checksum, policy)};`;
  }));
  return { ...where, Action: 'send', Send: send.join(''), Hash: action.hash.map(part => `${fields(part)};`).join('') };
}

/** The checksum is a header that is signed, so that S3 takes nothing but this part, and the instance can send nothing else. */
function presign(
  incident: Incident, { work }: Collection, file: DumpFile, PartNumber: number, ChecksumSHA256: string, { bucket: Bucket }: CollectionPolicy,
): Promise<string> {
  const input = { Bucket, Key: keyOf(incident, file), ChecksumSHA256 };
  const options = { expiresIn: URL_SECONDS, unhoistableHeaders: new Set([CHECKSUM_HEADER]) };
  return work?.uploadId === undefined
    ? getSignedUrl(s3, new PutObjectCommand(input), options)
    : getSignedUrl(s3, new UploadPartCommand({ ...input, UploadId: work.uploadId, PartNumber }), options);
}

/** `i-0123456789abcdef0/20261124T043000Z/vmcore` */
function keyOf({ assessed, execution }: Incident, { name }: DumpFile): string {
  const time = new Date(execution.startedAt).toISOString().replace(/[-:]|\.\d+/g, '');
  return `${assessed!.instanceId}/${time}/${name}`;
}
