import {
  CompleteMultipartUploadCommand, CreateMultipartUploadCommand, HeadObjectCommand, ListPartsCommand, NoSuchUpload, S3Client,
} from '@aws-sdk/client-s3';
import { GetCommandInvocationCommand, InvocationDoesNotExist, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { bindParameters } from '../../local/aws/command-document';
import { handler } from '../../src/response/collect-handler';
import { collectionDocument } from '../../src/response/collection-document';
import { COLLECTION_POLICY_VARIABLE } from '../../src/response/collection-policy';
import type { Collection, Incident } from '../../src/response/incident';

// The calls to AWS. Whole incidents, with S3 and a shell: workflow-collection.test.ts.

const INSTANCE = 'i-0123456789abcdef0';
const MIB = 1024 * 1024;
const SHA = 'ab'.repeat(32);
const [LOG, DUMP] = ['dmesg.202601020306', 'dump.202601020306'];
const LISTING = {
  directory: '202601020306',
  files: [
    { name: LOG, kind: 'kernelLog', bytes: 612, incomplete: false, sha256: SHA },
    { name: DUMP, kind: 'vmcore', bytes: 12 * MIB, incomplete: false },
  ],
  passedOver: 0,
  capturing: false,
  curl: true,
  system: { id: 'debian', version: '12', kernel: '6.1.0-47-amd64', architecture: 'x86_64' },
};

const s3 = mockClient(S3Client);
const ssm = mockClient(SSMClient);
let incident: Incident;

beforeEach(() => {
  s3.reset();
  ssm.reset();
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: '11111111-2222-4333-8444-555555555555' } });
  s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'upload-1' });
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    // As long as those of Lambda.
    AWS_SESSION_TOKEN: 'Tok/en+='.repeat(150),
    [COLLECTION_POLICY_VARIABLE]: JSON.stringify({
      bucket: 'dumps',
      documentName: 'collect',
      dumpPath: '/var/crash',
      contents: 'kernelLogAndVmcore',
      removeAfterUpload: false,
      partMib: 5,
      timeoutSeconds: 3600,
    }),
  });
  incident = {
    event: {},
    execution: { arn: 'arn', name: 'name', startedAt: '2026-01-02T03:05:00.123Z' },
    assessed: { decision: 'interrupt', instanceId: INSTANCE, source: { kind: 'direct', reason: 'it hangs' } },
    interrupt: { at: '2026-01-02T03:06:00Z', attempt: 1, decision: 'interrupt', sent: true },
  } as Incident;
});

/** The next call. What it answers is what the one after that is given. */
async function step(output?: string, facts: object = {}): Promise<Collection> {
  ssm.on(GetCommandInvocationCommand).resolves({ Status: 'Success', StandardOutputContent: output, ...facts });
  const collection = JSON.parse(JSON.stringify(await handler({ incident }))) as Collection;
  incident = { ...incident, collection };
  return collection;
}

/** What the instance was told last, as far as the document lets it through. */
function told(): Record<string, string> {
  const { Parameters } = ssm.commandCalls(SendCommandCommand).at(-1)!.args[0].input;
  return bindParameters({ name: 'collect', content: collectionDocument() }, Parameters) as Record<string, string>;
}

/** To where the kernel log is in the bucket and the parts of the dump are known. */
async function untilTheDump(): Promise<void> {
  await step();
  await step(JSON.stringify(LISTING));
  s3.on(HeadObjectCommand).resolves({ ContentLength: 612, ChecksumSHA256: 'log' });
  await step(`sent ${LOG} 1\n`);
  await step([1, 2, 3].map(number => `hash ${DUMP} ${number} ${SHA}`).join('\n'));
}

test('asks the instance for a dump since the beginning of the incident', async () => {
  expect(await step()).toMatchObject({ done: false, steps: 1, work: { command: { doing: 'list' } } });
  expect(told()).toMatchObject({ Action: 'list', DumpPath: '/var/crash', Since: String(Date.parse('2026-01-02T03:05:00Z') / 1000) });
  expect(ssm.commandCalls(SendCommandCommand)[0].args[0].input).toMatchObject({ DocumentName: 'collect', DocumentVersion: '$LATEST', InstanceIds: [INSTANCE] });
});

test('signs the checksum into the address, which the document lets through', async () => {
  await step();
  await step(JSON.stringify(LISTING));
  const [name, bytes, number, offset, length, checksum, address] = told().Send.slice(0, -1).split(',');
  expect([name, bytes, number, offset, length, checksum]).toEqual([LOG, '612', '1', '0', '5', Buffer.from(SHA, 'hex').toString('base64')]);
  const url = new URL(address);
  expect(url.pathname).toBe(`/${INSTANCE}/20260102T030500Z/${LOG}`);
  expect(Object.fromEntries(url.searchParams)).toMatchObject({ 'X-Amz-SignedHeaders': 'host;x-amz-checksum-sha256', 'X-Amz-Expires': '3600' });
  // S3 would ask for those as headers.
  expect([...url.searchParams.keys()].filter(key => /checksum/i.test(key))).toEqual([]);
});

test('sends the parts of a dump, and completes it with all checksums', async () => {
  await untilTheDump();
  expect(incident.collection).toMatchObject({ files: [{ key: `${INSTANCE}/20260102T030500Z/${LOG}` }, { name: DUMP }], work: { uploadId: 'upload-1' } });
  const addresses = told().Send.split(';').filter(Boolean).map(part => new URL(part.split(',')[6]).searchParams);
  expect(addresses.map(each => [each.get('uploadId'), each.get('partNumber')])).toEqual([['upload-1', '1'], ['upload-1', '2'], ['upload-1', '3']]);

  const parts = [1, 2, 3].map(PartNumber => ({ PartNumber, ETag: `e${PartNumber}`, ChecksumSHA256: `c${PartNumber}` }));
  s3.on(ListPartsCommand).resolvesOnce({ Parts: parts.slice(0, 2), IsTruncated: true, NextPartNumberMarker: '2' }).resolves({ Parts: parts.slice(2) });
  s3.on(HeadObjectCommand).resolves({ ContentLength: 12 * MIB, ChecksumSHA256: 'whole-3' });
  expect(await step([1, 2, 3].map(number => `sent ${DUMP} ${number}`).join('\n'))).toMatchObject({ done: true, files: [{}, { checksumSha256: 'whole-3' }] });
  expect(incident.collection).not.toHaveProperty('missing');
  expect(s3.commandCalls(CompleteMultipartUploadCommand)[0].args[0].input.MultipartUpload).toEqual({ Parts: parts });
});

test('a call that is repeated after it had completed the upload finds the object', async () => {
  await untilTheDump();
  s3.on(ListPartsCommand).rejects(new NoSuchUpload({ message: 'gone', $metadata: {} }));
  s3.on(HeadObjectCommand).resolves({ ContentLength: 12 * MIB, ChecksumSHA256: 'whole-3' });
  expect(await step([1, 2, 3].map(number => `sent ${DUMP} ${number}`).join('\n'))).toMatchObject({ done: true });
  expect(s3.commandCalls(CompleteMultipartUploadCommand)).toEqual([]);
});

test('a part that S3 does not have, whatever the instance says, is hashed and sent again', async () => {
  await untilTheDump();
  s3.on(ListPartsCommand).resolves({ Parts: [{ PartNumber: 1 }, { PartNumber: 3 }] });
  expect(await step([1, 2, 3].map(number => `sent ${DUMP} ${number}`).join('\n'))).toMatchObject({ done: false, work: { nextPart: 2, failures: 1 } });
  expect(told()).toMatchObject({ Send: '', Hash: `${DUMP},${12 * MIB},2,5,5;` });
});

test('an object that is not whole does not count', async () => {
  await step();
  await step(JSON.stringify(LISTING));
  s3.on(HeadObjectCommand).resolves({ ContentLength: 611 });
  expect(await step(`sent ${LOG} 1\n`)).toMatchObject({ work: { failures: 1, lastFailure: `S3 has 611 bytes of ${LOG}, which has 612` } });
  expect(incident.collection!.files[0]).not.toHaveProperty('key');
});

test.each(['Pending', 'InProgress', 'Delayed', 'Cancelling'] as const)('waits for a command that is %s, and sends none besides', async Status => {
  await step();
  expect(await step('', { Status })).toMatchObject({ done: false, steps: 2, pauseSeconds: 2, work: { command: { waitedSeconds: 2 } } });
  expect(ssm.commandCalls(SendCommandCommand)).toHaveLength(1);
});

test('waits as long as a command is expected to take, by how long the last one took to send', async () => {
  await untilTheDump();
  expect(incident.collection!.work!.command).not.toHaveProperty('expectedSeconds');
  const times = { ExecutionStartDateTime: '2026-01-02T03:10:00.500Z', ExecutionEndDateTime: '2026-01-02T03:10:10.500Z' };
  // Of 12 MiB the first 5 took 10 seconds.
  expect(await step(`sent ${DUMP} 1\n`, times)).toMatchObject({ pauseSeconds: 14, work: { command: { waitedSeconds: 0, expectedSeconds: 14 } } });
  expect(await step('', { Status: 'InProgress' })).toMatchObject({ pauseSeconds: 2, work: { command: { waitedSeconds: 14 } } });
});

test.each([{}, { ExecutionStartDateTime: '', ExecutionEndDateTime: '' }])('expects nothing where Systems Manager does not say how long it took: %j', async times => {
  await untilTheDump();
  expect(await step(`sent ${DUMP} 1\n`, times)).toMatchObject({ pauseSeconds: 2 });
  expect(incident.collection!.work).not.toHaveProperty('bytesPerSecond');
});

test('ends, and says what is missing, once its time is over', async () => {
  await untilTheDump();
  incident = { ...incident, collection: { ...incident.collection!, startedAt: new Date(Date.now() - 3_600_000).toISOString() } };
  const commands = ssm.commandCalls(SendCommandCommand).length;
  expect(await step('', { Status: 'InProgress' })).toMatchObject({ done: true, missing: `${DUMP} could not be uploaded. The time for it was over` });
  expect(ssm.commandCalls(SendCommandCommand)).toHaveLength(commands);
});

test('has all where the last command was done in time, whatever time it is now', async () => {
  await untilTheDump();
  s3.on(ListPartsCommand).rejects(new NoSuchUpload({ message: 'gone', $metadata: {} }));
  s3.on(HeadObjectCommand).resolves({ ContentLength: 12 * MIB, ChecksumSHA256: 'whole-3' });
  incident = { ...incident, collection: { ...incident.collection!, startedAt: new Date(Date.now() - 3_600_000).toISOString() } };
  const last = await step([1, 2, 3].map(number => `sent ${DUMP} ${number}`).join('\n'));
  expect(last).toMatchObject({ done: true });
  expect(last).not.toHaveProperty('missing');
});

test('gives a command up that does not end', async () => {
  await step();
  const { collection } = incident;
  const { work } = collection!;
  incident = { ...incident, collection: { ...collection!, work: { ...work!, command: { ...work!.command!, waitedSeconds: 4498 } } } };
  expect(await step('', { Status: 'InProgress' })).toMatchObject({ work: { failures: 1, lastFailure: 'A command did not end' } });
});

test('waits for a command that Systems Manager does not show yet', async () => {
  await step();
  ssm.on(GetCommandInvocationCommand).rejects(new InvocationDoesNotExist({ message: 'not yet', $metadata: {} }));
  expect(await handler({ incident })).toMatchObject({ work: { command: { doing: 'list', waitedSeconds: 2 } } });
});

test.each(['TimedOut', 'Cancelled', 'Failed'] as const)('fails by name after five commands that ended as %s', async Status => {
  await step();
  await step(JSON.stringify(LISTING));
  for (let attempt = 1; attempt < 5; attempt++) expect((await step('', { Status, StandardErrorContent: 'dd: out of memory' })).done).toBe(false);
  expect(await step('', { Status, StandardErrorContent: 'dd: out of memory' })).toMatchObject({
    done: true, missing: `${LOG} and ${DUMP} could not be uploaded. The command ended as ${Status}: dd: out of memory`,
  });
  const commands = ssm.commandCalls(SendCommandCommand).length;
  expect(await step()).toEqual(incident.collection);
  expect(ssm.commandCalls(SendCommandCommand)).toHaveLength(commands);
});

test('what a command sent before it was cut off is not sent again', async () => {
  await untilTheDump();
  await step(`sent ${DUMP} 1\n`, { Status: 'TimedOut' });
  expect(told().Send.split(';').filter(Boolean).map(part => part.split(',')[2])).toEqual(['2', '3']);
});

test('fails without calling anybody where the policy is not what the construct writes', async () => {
  process.env[COLLECTION_POLICY_VARIABLE] = '{"bucket":"dumps"}';
  await expect(handler({ incident })).rejects.toThrow(/^COLLECTION_POLICY is not what the construct writes/);
  expect(ssm.calls()).toEqual([]);
});
