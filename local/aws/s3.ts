import { createHash, randomInt } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { PARTITION, REGION } from './account';
import { AwsError } from './aws-error';
import { Iam } from './iam';
import { EmulatorAnswer, MotoEmulator } from './moto-emulator';
import { ForwardedAnswer, Operation, Operations, Params } from './operation';
import { decide, PolicyDocument } from './policy';
import { checkPresigned, presignedBy } from './presigned-url';
import { WireRequest } from './protocols/wire';

/** What each action is authorised as (service authorization reference of S3). */
const PERMISSIONS: Record<string, string> = {
  GetObject: 'GetObject',
  HeadObject: 'GetObject',
  PutObject: 'PutObject',
  DeleteObject: 'DeleteObject',
  ListObjectsV2: 'ListBucket',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  AbortMultipartUpload: 'AbortMultipartUpload',
  ListParts: 'ListMultipartUploadParts',
  ListMultipartUploads: 'ListBucketMultipartUploads',
};
/** In whose answers the emulator leaves out the checksums. */
const WITHOUT_CHECKSUMS = ['ListParts', 'CompleteMultipartUpload'];
const LEAST_PART = 5 * 1024 * 1024;

/** An upload in parts that was created with SHA-256 checksums. */
interface Upload {
  readonly parts: Map<number, { readonly sha256: string; readonly bytes: number }>;
}

const bucketArn = (bucket: string) => `arn:${PARTITION}:s3:::${bucket}`;
const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('base64');

/**
 * S3: buckets of an emulator, and in front of it what that leaves out: IAM and the buckets' policies, presigned URLs, and checksums.
 */
export class S3 {
  private readonly account = String(randomInt(100_000_000_000, 999_999_999_999));
  private readonly policies = new Map<string, PolicyDocument[]>();
  private readonly uploads = new Map<string, Upload>();
  /** Of the objects that came in parts, `checksum-number`, by bucket and key. */
  private readonly composites = new Map<string, string>();
  private emulator?: Promise<MotoEmulator>;
  private prepared: Promise<void> = Promise.resolve();
  private notBefore = 0;

  readonly operations: Operations = Object.fromEntries(Object.keys(PERMISSIONS).map(action => [action, this.operation(action)]));

  constructor(private readonly iam: Iam) {}

  /** Creates a bucket before the next call is answered, and answers its name: names are everybody's, so that it has a number. */
  createBucket(name: string): string {
    const bucket = `${name.toLowerCase().slice(0, 50)}-${randomInt(1e9)}`;
    this.policies.set(bucket, []);
    this.prepared = this.prepared.then(async () => {
      const { status, body } = await this.send('PUT', `/${bucket}`);
      if (status !== 200) throw new Error(`The bucket ${bucket} cannot be created: ${body}`);
    });
    this.prepared.catch(() => {}); // the calls that wait for it tell
    return bucket;
  }

  attachPolicy(bucket: string, policy: PolicyDocument): void {
    this.policies.get(bucket)!.push(policy);
  }

  /** The names of all buckets. */
  get buckets(): string[] {
    return [...this.policies.keys()];
  }

  /** From now on every URL that was signed before has expired. */
  expireUrls(): void {
    this.notBefore = Date.now();
  }

  /** The whole of an object. */
  async object(bucket: string, key: string): Promise<Buffer> {
    const { status, body } = await this.send('GET', `/${bucket}/${encodeURI(key)}`);
    if (status !== 200) throw new Error(`There is no object ${key} in ${bucket}: ${status}.`);
    return body;
  }

  /** The keys of a bucket, in their order. */
  async keys(bucket: string): Promise<string[]> {
    const { body } = await this.send('GET', `/${bucket}?list-type=2`);
    return [new XMLParser().parse(body).ListBucketResult.Contents ?? []].flat().map(({ Key }: { Key: string }) => String(Key));
  }

  /** How many uploads were begun and neither completed nor aborted. */
  get unfinished(): number {
    return this.uploads.size;
  }

  async close(): Promise<void> {
    await this.prepared.catch(() => {});
    if (this.emulator) await MotoEmulator.release();
    this.emulator = undefined;
  }

  private operation(action: string): Operation {
    return {
      params: 'any',
      needs: ({ Bucket, Key }) => [{ action: `s3:${PERMISSIONS[action]}`, resource: Key ? `${bucketArn(Bucket)}/${Key}` : bucketArn(Bucket) }],
      run: (params, request) => this.forward(action, params, request!),
    };
  }

  private async forward(action: string, params: Params, request: WireRequest): Promise<ForwardedAnswer> {
    const { method, headers, body, url } = request;
    await this.prepared;
    const by = presignedBy(url);
    if (by !== undefined) checkPresigned(request, this.iam.secretOf(by), this.notBefore);
    this.refuseByPolicy(action, params);
    if (action === 'PutObject' || action === 'UploadPart') this.checkBody(params, request);
    if (action === 'CompleteMultipartUpload') this.checkParts(params, body);
    const answer = await this.send(method, withoutSignature(url), by === undefined ? headers : { ...headers, authorization: undefined }, body);
    const dropped = ['connection', 'server', 'date', 'transfer-encoding', ...WITHOUT_CHECKSUMS.includes(action) ? ['content-length'] : []];
    const kept = Object.entries(answer.headers).filter(([name]) => !dropped.includes(name));
    const told = WITHOUT_CHECKSUMS.includes(action) ? this.withChecksums(params, answer.body) : answer.body;
    if (answer.status < 300) this.keepAccount(action, params, request, answer);
    const wire = Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
    // The emulator leaves out the number of the parts.
    const composite = this.composites.get(`${params.Bucket}/${params.Key}`);
    if (composite && wire['x-amz-checksum-sha256']) wire['x-amz-checksum-sha256'] = composite;
    return new ForwardedAnswer(
      { status: answer.status, headers: wire, body: told }, { bytes: answer.body.length }, answer.status < 300 ? undefined : String(answer.status),
    );
  }

  /** A bucket's policy may deny what the role may do; the rest of it makes no difference to the account's own roles. */
  private refuseByPolicy(action: string, { Bucket, Key }: Params): void {
    const policies = this.policies.get(Bucket);
    if (!policies) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    const denies = policies.map(({ Statement }) => ({ Statement: [Statement].flat().filter(({ Effect }) => Effect === 'Deny') }));
    // It would be so, against AWS.
    const context = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };
    const { explicit } = decide(denies, { action: `s3:${PERMISSIONS[action]}`, resource: `${bucketArn(Bucket)}${Key ? `/${Key}` : ''}`, context });
    if (explicit) throw new AwsError('AccessDenied', 'Access Denied with an explicit deny in a resource-based policy', 403);
  }

  private checkBody({ UploadId }: Params, { headers, body }: WireRequest): void {
    if (headers['content-length'] === undefined) throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
    const given = headers['x-amz-checksum-sha256'];
    if (given !== undefined && given !== sha256(body)) {
      throw new AwsError('BadDigest', 'The SHA256 you specified did not match the calculated checksum.');
    }
    if (UploadId !== undefined && this.uploads.has(UploadId) && given === undefined) {
      throw new AwsError('InvalidRequest', 'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: null');
    }
  }

  private checkParts({ UploadId }: Params, body: Buffer): void {
    const upload = this.uploads.get(UploadId);
    if (!upload) return;
    const given: { PartNumber: string; ChecksumSHA256?: string }[] = [
      new XMLParser({ parseTagValue: false }).parse(body).CompleteMultipartUpload?.Part ?? [],
    ].flat();
    given.forEach(({ PartNumber, ChecksumSHA256 }, index) => {
      const part = upload.parts.get(Number(PartNumber));
      if (ChecksumSHA256 === undefined) {
        throw new AwsError('InvalidRequest', 'The upload was created using a sha256 checksum. The complete request must include the checksum for each part.');
      }
      if (part?.sha256 !== ChecksumSHA256) throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found.');
      if (index < given.length - 1 && part.bytes < LEAST_PART) {
        throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
      }
    });
  }

  private keepAccount(action: string, { UploadId, PartNumber }: Params, { headers, body }: WireRequest, answer: EmulatorAnswer): void {
    if (action === 'CreateMultipartUpload' && headers['x-amz-checksum-algorithm'] === 'SHA256') {
      this.uploads.set(new XMLParser().parse(answer.body).InitiateMultipartUploadResult.UploadId, { parts: new Map() });
    } else if (action === 'UploadPart') {
      // Checked when it came, and there is no part without one in such an upload.
      this.uploads.get(UploadId)?.parts.set(PartNumber, { sha256: String(headers['x-amz-checksum-sha256']), bytes: body.length });
    } else if (action === 'CompleteMultipartUpload' || action === 'AbortMultipartUpload') {
      this.uploads.delete(UploadId);
    }
  }

  /** Of each part in their list, and of the whole when it is put together: the checksum of the parts' checksums. */
  private withChecksums({ Bucket, Key, UploadId }: Params, body: Buffer): string {
    const parts = this.uploads.get(UploadId)?.parts ?? new Map();
    const all = Buffer.concat([...parts].sort(([one], [other]) => one - other).map(([, part]) => Buffer.from(part.sha256, 'base64')));
    const composite = `${sha256(all)}-${parts.size}`;
    const element = (checksum: string) => `<ChecksumSHA256>${checksum}</ChecksumSHA256>`;
    return body.toString()
      .replace(/<PartNumber>(\d+)<\/PartNumber>/g, (found, number) => `${found}${parts.has(Number(number)) ? element(parts.get(Number(number)).sha256) : ''}`)
      .replace('</CompleteMultipartUploadResult>', end => {
        if (parts.size === 0) return end;
        this.composites.set(`${Bucket}/${Key}`, composite);
        return `${element(composite)}${end}`;
      });
  }

  private async send(method: string, path: string, headers: WireRequest['headers'] = {}, body: Buffer | string = ''): Promise<EmulatorAnswer> {
    const signed = `AWS4-HMAC-SHA256 Credential=AKIALOCAL/20260101/${REGION}/s3/aws4_request, SignedHeaders=host, Signature=0`;
    const emulator = await (this.emulator ??= MotoEmulator.acquire());
    return emulator.send(this.account, { ...headers, authorization: headers.authorization ?? signed }, body, method, path);
  }
}

function withoutSignature(url: string): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  for (const name of [...searchParams.keys()]) if (/^X-Amz-/.test(name)) searchParams.delete(name);
  return searchParams.size > 0 ? `${pathname}?${searchParams}` : pathname;
}
