import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, GetObjectCommand, HeadObjectCommand, ListPartsCommand,
  PutObjectCommand, S3Client, UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { REGION } from '../../../local/aws/account';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { Fault } from '../../../local/aws/fault';
import { Role } from '../../../local/aws/iam';

jest.setTimeout(60_000);

const KEY = 'i-1/dump file';
const MIB = 1024 * 1024;
const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('base64');

let local: LocalAws;
let endpoint: string;
let operator: S3Client;
let Bucket: string;
const clients: S3Client[] = [];
const directory = mkdtempSync(join(tmpdir(), 's3-'));

beforeEach(async () => {
  local = new LocalAws();
  endpoint = await local.listen();
  Bucket = local.s3.createBucket('Dumps');
  operator = clientOf({ accessKeyId: 'OPERATOR', secretAccessKey: 'OPERATOR' });
});
afterEach(async () => {
  clients.splice(0).forEach(client => client.destroy());
  await local.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function clientOf(credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }): S3Client {
  const client = new S3Client({ endpoint, region: REGION, forcePathStyle: true, credentials, maxAttempts: 1 });
  clients.push(client);
  return client;
}

/** A client that acts as a role which may do these things with objects of i-1. */
function clientWith(...actions: string[]): S3Client {
  const role = new Role('uploader', { Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] });
  role.attach('policy', { Statement: [{ Effect: 'Allow', Action: actions.map(action => `s3:${action}`), Resource: `arn:aws:s3:::${Bucket}/i-*` }] });
  const given = local.iam.issueCredentials(role, 'test');
  return clientOf({ accessKeyId: given.AWS_ACCESS_KEY_ID, secretAccessKey: given.AWS_SECRET_ACCESS_KEY, sessionToken: given.AWS_SESSION_TOKEN });
}

/** Sends a part of a file as an instance does: read by dd, of a length that is told. */
function send(url: string, body: Buffer, ...headers: string[]): Promise<string> {
  const file = join(directory, 'body');
  writeFileSync(file, body);
  const options = ['Transfer-Encoding:', `Content-Length: ${body.length}`, 'Expect:', ...headers].map(header => `-H '${header}'`).join(' ');
  return shell(`dd if='${file}' bs=1M 2> /dev/null | curl -sS -w '%{http_code}' -T - ${options} '${url}'`);
}

function shell(script: string): Promise<string> {
  return new Promise((resolve, reject) => execFile('sh', ['-c', script], (error, stdout, stderr) => error ? reject(new Error(stderr)) : resolve(stdout)));
}

async function begin(client = operator) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: KEY, ChecksumAlgorithm: 'SHA256' }));
  const urlOf = (PartNumber: number, body: Buffer, expiresIn = 60) => getSignedUrl(
    client, new UploadPartCommand({ Bucket, Key: KEY, UploadId, PartNumber, ChecksumSHA256: sha256(body) }),
    { expiresIn, unhoistableHeaders: new Set(['x-amz-checksum-sha256']) },
  );
  const complete = (...parts: Buffer[]) => client.send(new CompleteMultipartUploadCommand({
    Bucket,
    Key: KEY,
    UploadId,
    MultipartUpload: {
      Parts: parts.map((part, index) => (
        { PartNumber: index + 1, ETag: createHash('md5').update(part).digest('hex'), ChecksumSHA256: sha256(part) })),
    },
  }));
  const sendPart = async (number: number, body: Buffer) => send(await urlOf(number, body), body, `x-amz-checksum-sha256: ${sha256(body)}`);
  return { UploadId, urlOf, sendPart, complete };
}

test('a file in parts arrives by presigned URLs and curl, checked from end to end', async () => {
  const { UploadId, sendPart, complete } = await begin(clientWith('PutObject', 'ListMultipartUploadParts', 'GetObject'));
  const [first, second] = [randomBytes(5 * MIB), randomBytes(3)];
  expect(await sendPart(1, first)).toBe('200');
  expect(await sendPart(2, second)).toBe('200');
  const { Parts } = await operator.send(new ListPartsCommand({ Bucket, Key: KEY, UploadId }));
  expect(Parts!.map(({ ChecksumSHA256 }) => ChecksumSHA256)).toEqual([sha256(first), sha256(second)]);
  expect(local.s3.unfinished).toBe(1);
  const whole = sha256(Buffer.concat([first, second].map(part => Buffer.from(sha256(part), 'base64'))));
  expect((await complete(first, second)).ChecksumSHA256).toBe(`${whole}-2`);
  const head = await operator.send(new HeadObjectCommand({ Bucket, Key: KEY, ChecksumMode: 'ENABLED' }));
  expect(head).toMatchObject({ ContentLength: 5 * MIB + 3, ChecksumSHA256: `${whole}-2` });
  expect((await local.s3.object(Bucket, KEY)).equals(Buffer.concat([first, second]))).toBe(true);
  expect([local.s3.unfinished, await local.s3.keys(Bucket)]).toEqual([0, [KEY]]);
});

test('a small file arrives in one go, and its end can be read', async () => {
  const client = clientWith('PutObject', 'GetObject');
  const body = Buffer.from('Kernel panic');
  const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: KEY, ChecksumSHA256: sha256(body) }), { unhoistableHeaders: new Set(['x-amz-checksum-sha256']) });
  expect(await send(url, body, `x-amz-checksum-sha256: ${sha256(body)}`)).toBe('200');
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: KEY, Range: 'bytes=-5' }));
  expect(await Body!.transformToString()).toBe('panic');
});

describe('refuses', () => {
  const body = randomBytes(1000);
  const checksum = `x-amz-checksum-sha256: ${sha256(body)}`;

  test('a body that is not the one that was signed', async () => {
    const { urlOf } = await begin();
    expect(await send(await urlOf(1, body), randomBytes(1000), checksum)).toMatch(/<Code>BadDigest<\/Code>.*400$/s);
  });

  test('another checksum than the one that was signed, and none', async () => {
    const { urlOf } = await begin();
    const other = randomBytes(1000);
    expect(await send(await urlOf(1, body), other, `x-amz-checksum-sha256: ${sha256(other)}`)).toMatch(/<Code>SignatureDoesNotMatch<.*403$/s);
    expect(await send(await urlOf(1, body), body)).toMatch(/<Code>SignatureDoesNotMatch<.*403$/s);
  });

  test('headers of its own that were not signed', async () => {
    const { urlOf } = await begin();
    expect(await send(await urlOf(1, body), body, checksum, 'x-amz-acl: public-read')).toMatch(/AccessDenied.*not signed: x-amz-acl.*403$/s);
  });

  test('a URL for another part, and one whose time is over', async () => {
    const { urlOf } = await begin();
    expect(await send((await urlOf(1, body)).replace('partNumber=1', 'partNumber=2'), body, checksum)).toMatch(/SignatureDoesNotMatch.*403$/s);
    const url = await urlOf(1, body, 1);
    await new Promise(resolve => setTimeout(resolve, 2100));
    expect(await send(url, body, checksum)).toMatch(/AccessDenied.*Request has expired.*403$/s);
    const another = await urlOf(1, body);
    await new Promise(resolve => setTimeout(resolve, 1000));
    local.s3.expireUrls();
    expect(await send(another, body, checksum)).toMatch(/Request has expired.*403$/s);
  });

  test('a stream whose length is not told', async () => {
    const { urlOf } = await begin();
    expect(await shell(`echo x | curl -sS -w '%{http_code}' -T - -H '${checksum}' '${await urlOf(1, body)}'`)).toMatch(/MissingContentLength.*411$/s);
  });

  test('a URL of a role that may not do it', async () => {
    const client = clientWith('GetObject');
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: KEY }));
    expect(await send(url, body)).toMatch(/AccessDenied.*not authorized to perform: s3:PutObject.*403$/s);
    await expect(clientWith('PutObject').send(new GetObjectCommand({ Bucket, Key: KEY }))).rejects.toThrow(expect.objectContaining({ name: 'AccessDenied' }));
  });

  test('what the policy of the bucket denies', async () => {
    local.s3.attachPolicy(Bucket, {
      Statement: [
        { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/locked/*` },
      ],
    });
    await expect(operator.send(new PutObjectCommand({ Bucket, Key: 'locked/a', Body: 'a' }))).rejects.toThrow(expect.objectContaining({ name: 'AccessDenied' }));
    await operator.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'a' }));
  });

  test('to complete an upload of small parts, of parts that are not there, or without their checksums', async () => {
    const { UploadId, sendPart, complete } = await begin();
    await sendPart(1, body);
    await sendPart(2, body);
    await expect(complete(body, body)).rejects.toThrow(expect.objectContaining({ name: 'EntityTooSmall' }));
    await expect(complete(randomBytes(1000))).rejects.toThrow(expect.objectContaining({ name: 'InvalidPart' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: 'x' }] };
    await expect(operator.send(new CompleteMultipartUploadCommand({ Bucket, Key: KEY, UploadId, MultipartUpload }))).rejects.toThrow(/checksum for each part/);
    await operator.send(new AbortMultipartUploadCommand({ Bucket, Key: KEY, UploadId }));
    expect(local.s3.unfinished).toBe(0);
  });

  test('a bucket and an object that are not there', async () => {
    await expect(operator.send(new GetObjectCommand({ Bucket: 'other', Key: KEY }))).rejects.toThrow(expect.objectContaining({ name: 'NoSuchBucket' }));
    await expect(operator.send(new GetObjectCommand({ Bucket, Key: KEY }))).rejects.toThrow(expect.objectContaining({ name: 'NoSuchKey' }));
  });
});

test('fails an upload whose connection is cut, and has nothing of it', async () => {
  const { UploadId, sendPart } = await begin();
  local.faults.add({ service: 's3', action: 'UploadPart', times: 1, fault: Fault.disconnect() });
  await expect(sendPart(1, randomBytes(MIB))).rejects.toThrow(/curl: \(5[26]\)/);
  expect((await operator.send(new ListPartsCommand({ Bucket, Key: KEY, UploadId }))).Parts ?? []).toEqual([]);
});
