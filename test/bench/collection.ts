import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCommandInvocationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { CollectionSite, Host, Machine, OPERATOR } from './collection-sites';
import { atMost, Measurement, Pairs, Row } from './row';
import { median } from './statistics';
import { inTurns } from './turns';
import { REGION } from '../../local/aws/account';
import { handler } from '../../src/response/collect-handler';
import { partsOf } from '../../src/response/collect-step';
import { collectionDocument } from '../../src/response/collection-document';
import { COLLECTION_POLICY_VARIABLE, CollectionPolicy } from '../../src/response/collection-policy';
import type { Collection, Incident } from '../../src/response/incident';

const SIZES_MIB = [64, 256, 1024];
const ROUNDS = 3;
const HOST_ROUNDS = 6;
const POLL_MS = 20;
const MIB = 1048576;
const DOCUMENT = 'collect';
const STAMP = '202611240430';
// As response-functions.ts has it.
const PART_MIB = 512;

interface Collected {
  /** Until S3 has taken every part. */
  readonly uploadMs: number;
  /** Until it has put them together. */
  readonly wholeMs: number;
  readonly commands: number;
}

/** Brings a dump from where it lies to S3, in one way or the other. */
class Bench {
  private readonly bucket: string;
  private readonly s3: S3Client;
  private readonly ssm: SSMClient;
  private readonly environment = { ...process.env };
  private readonly directory: string;
  private readonly dump: string;
  private incidents = 0;

  public constructor(private readonly site: CollectionSite) {
    const { aws, url, dumpPath } = site;
    this.directory = `${dumpPath}/${STAMP}`;
    this.dump = `${this.directory}/dump.${STAMP}`;
    this.bucket = aws.s3.createBucket(`dumps-of-${site.instanceId}`);
    aws.ssm.documents.set(DOCUMENT, { name: DOCUMENT, content: collectionDocument() });
    const policy: CollectionPolicy = {
      bucket: this.bucket,
      documentName: DOCUMENT,
      dumpPath,
      contents: 'kernelLogAndVmcore',
      removeAfterUpload: false,
      partMib: PART_MIB,
      timeoutSeconds: 4 * 3600,
    };
    const credentials = { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: OPERATOR, AWS_SECRET_ACCESS_KEY: OPERATOR };
    Object.assign(process.env, credentials, { AWS_ENDPOINT_URL: url, [COLLECTION_POLICY_VARIABLE]: JSON.stringify(policy) });
    const configuration = { endpoint: url, region: REGION, credentials: { accessKeyId: OPERATOR, secretAccessKey: OPERATOR } };
    this.s3 = new S3Client({ ...configuration, requestChecksumCalculation: 'WHEN_REQUIRED' });
    this.ssm = new SSMClient(configuration);
  }

  /** What no compressor makes smaller, as a dump is that one has made. */
  public async lay(mib: number): Promise<void> {
    await this.site.run(
      `rm -rf ${this.directory}; mkdir -p ${this.directory}`, `head -c 200000 /dev/urandom > ${this.directory}/dmesg.${STAMP}`,
      `dd if=/dev/urandom of=${this.dump} bs=1048576 count=${mib} status=none`, 'sync',
    );
  }

  /** One PUT, from the same place to the same place. */
  public curl(): Promise<number> {
    return this.put(['plain'], ([url]) => [`curl -q -sS -f -o /dev/null -T ${this.dump} '${url}'`]);
  }

  /** The same bytes, cut as ours are and sent one after the other; nothing is hashed, or all of it beside that. */
  public curlInParts(mib: number, { hashed = false } = {}): Promise<number> {
    const { lengthMib, count } = partsOf({ name: 'dump', kind: 'vmcore', bytes: mib * MIB }, PART_MIB);
    const send = (url: string, part: number) => (
      `dd if=${this.dump} bs=${MIB} skip=${part * lengthMib} count=${lengthMib} status=none | curl -q -sS -f -o /dev/null -T - -H 'Transfer-Encoding:' -H 'Expect:'`
        + ` -H 'Content-Length: ${Math.min(lengthMib, mib - part * lengthMib) * MIB}' '${url}'`
    );
    const [before, after] = hashed ? [[`sha256sum ${this.dump} > /dev/null &`], ['wait']] : [[], []];
    return this.put(Array.from({ length: count }, (_, part) => `part-${part}`), urls => [...before, ...urls.map(send), ...after]);
  }

  /** The steps of the workflow, each as soon as the command before it has ended. */
  public async collect(): Promise<Collected> {
    const startedAt = new Date(Date.now() - 3_600_000 + 1000 * this.incidents++).toISOString();
    const { instanceId } = this.site;
    const incident: Incident = {
      event: {}, execution: { arn: 'arn', name: 'name', startedAt }, assessed: { decision: 'interrupt', instanceId, source: { kind: 'direct', reason: 'bench' } },
    };
    const start = performance.now();
    let [commands, uploadMs] = [0, 0];
    let collection: Collection | undefined;
    while (!collection?.done) {
      collection = JSON.parse(JSON.stringify(await handler({ incident: { ...incident, collection } }))) as Collection;
      const { command } = collection.work ?? {};
      if (!command) continue;
      await this.ended(command.id);
      commands += 1;
      uploadMs = performance.now() - start;
    }
    const wholeMs = performance.now() - start;
    if (collection.missing) throw new Error(`The dump was not collected: ${collection.missing}`);
    for (const { key: Key } of collection.files) await this.s3.send(new DeleteObjectCommand({ Bucket: this.bucket, Key }));
    return { uploadMs, wholeMs, commands };
  }

  public close(): void {
    process.env = this.environment;
    this.s3.destroy();
    this.ssm.destroy();
  }

  private async put(keys: string[], script: (urls: string[]) => string[]): Promise<number> {
    const objects = keys.map(Key => ({ Bucket: this.bucket, Key }));
    const urls = await Promise.all(objects.map(object => getSignedUrl(this.s3, new PutObjectCommand(object), { expiresIn: 3600 })));
    const start = performance.now();
    await this.site.run(...script(urls));
    const ms = performance.now() - start;
    for (const object of objects) await this.s3.send(new DeleteObjectCommand(object));
    return ms;
  }

  private async ended(CommandId: string): Promise<void> {
    for (;;) {
      const seen = await this.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: this.site.instanceId }));
      if (seen.Status === 'Success') return;
      if (seen.Status !== 'Pending' && seen.Status !== 'InProgress') throw new Error(`A command ended as ${seen.Status}: ${seen.StandardErrorContent}`);
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }
}

interface Round { readonly ours: Collected; readonly curl: number; readonly parts: number; readonly hashed: number }

const against = (rounds: Round[], ours: 'uploadMs' | 'wholeMs', theirs: 'curl' | 'parts' | 'hashed'): Pairs => (
  { unit: 'ms', pairs: rounds.map(round => [round.ours[ours], round[theirs]]) }
);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** The rounds of each size. */
async function measureAt(site: CollectionSite, sizes: number[], rounds: number, say: (progress: string) => void): Promise<Round[][]> {
  const bench = new Bench(site);
  const measured: Round[][] = [];
  try {
    for (const mib of sizes) {
      await bench.lay(mib);
      const ofSize: Round[] = [];
      for (let round = 0; round < rounds; round++) {
        const found = await inTurns(round, {
          curl: () => bench.curl(),
          ours: () => bench.collect(),
          parts: () => bench.curlInParts(mib),
          hashed: () => bench.curlInParts(mib, { hashed: true }),
        });
        ofSize.push(found);
        const { ours, curl, parts, hashed } = found;
        say(`${mib} MiB: ${seconds(ours.uploadMs)}, put together ${seconds(ours.wholeMs)}; curl ${seconds(curl)}, in parts ${seconds(parts)},`
          + ` hashed too ${seconds(hashed)}`);
      }
      measured.push(ofSize);
    }
  } finally {
    bench.close();
  }
  return measured;
}

async function measure(say: (progress: string) => void): Promise<Measurement> {
  const machine = await Machine.boot();
  say('the machine has booted');
  const sizes: Round[][] = [];
  try {
    sizes.push(...await measureAt(machine, SIZES_MIB, ROUNDS, say));
    await machine.powerOff();
    // With the same AWS, which the clients of the handler know.
    const host = new Host(machine.aws, machine.url);
    try {
      sizes.push(...await measureAt(host, SIZES_MIB.slice(-1), HOST_ROUNDS, line => say(`without emulation, ${line}`)));
    } finally {
      await host.close();
    }
  } finally {
    await machine.close();
  }
  const [smallest, smaller, large, native] = sizes;
  return {
    against: {
      curl: against(large, 'uploadMs', 'curl'),
      native: against(native, 'uploadMs', 'curl'),
      nativeParts: against(native, 'uploadMs', 'parts'),
      nativeHashed: against(native, 'uploadMs', 'hashed'),
      parts: against(large, 'uploadMs', 'parts'),
      hashed: against(large, 'uploadMs', 'hashed'),
      whole: against(large, 'wholeMs', 'curl'),
      curlSmaller: against(smaller, 'uploadMs', 'curl'),
      curlSmallest: against(smallest, 'uploadMs', 'curl'),
    },
    growth: [{
      what: 'the collection of a dump', of: 'MiB', unit: 'ms', sizes: SIZES_MIB, values: [smallest, smaller, large].map(rounds => median(rounds.map(({ ours }) => ours.uploadMs))),
    }],
    notes: [
      `Commands for ${SIZES_MIB.join(', ')} MiB: ${[smallest, smaller, large].map(([{ ours }]) => ours.commands).join(', ')}. After each the workflow waits until it is expected to have ended, 2`
        + ' seconds at the least, which is left out here.',
      'An upload and SHA-256 together want more than the two cores that the emulated machine and S3 share, whatever is done first: what the same parts by curl'
        + ' take with sha256sum beside them nothing that hashes can be much faster than.'
        + ' "Without emulation" is the same program in a shell of the machine that the bench runs on, where the upload to the emulated S3 is twice as fast as one to S3.',
      'The emulated S3 takes in the whole body of a request, hands it on to moto, which does the same, and answers then: of one side as of the other nothing'
        + ' is stored while it arrives. A byte of one PUT of 1 GiB may cost more there than one of a part, as it does not at AWS, so that plain curl -T looks'
        + ' slower than it is. The same parts by curl, one after the other with nothing hashed, are free of that: what is above 1 × there is ours,'
        + " less what the emulated S3 takes to compare our parts' SHA-256.",
      'The emulated S3 puts an object together by copying its parts, in the time of a part of the upload; that of AWS does not.',
    ],
  };
}

export const collection: Row = {
  name: 'collection',
  what: 'A dump that is brought from a virtual machine to a local S3 by Run Command, presigned URLs and curl, in parts with SHA-256: from the search for it to'
    + ' the last part.',
  baselines: {
    curl: { what: 'curl -T of the same file, 1 GiB, to the same place', goal: atMost(1.1) },
    native: { what: 'the same, both without emulation', goal: atMost(1.1) },
    nativeParts: { what: 'curl -T of the same parts, one after the other, nothing hashed, both without emulation', goal: atMost(1.1) },
    nativeHashed: { what: 'the same with sha256sum of the whole file beside it' },
    parts: { what: 'curl -T of the same parts, 1 GiB, one after the other, nothing hashed' },
    hashed: { what: 'the same with sha256sum of the whole file beside it' },
    whole: { what: 'curl -T, 1 GiB, ours until S3 has put the parts together' },
    curlSmaller: { what: 'curl -T, 256 MiB' },
    curlSmallest: { what: 'curl -T, 64 MiB' },
  },
  measure,
};
