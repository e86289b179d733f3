import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { atMost, Measurement, Pairs, Row } from './row';
import { median } from './statistics';
import { REGION } from '../../local/aws/account';
import { DiskImage } from '../../local/instance/disk-image';
import { DEBIAN_12 } from '../../local/instance/release';
import { LocalStand } from '../../local/stand';
import { handler } from '../../src/response/collect-handler';
import { collectionDocument } from '../../src/response/collection-document';
import { COLLECTION_POLICY_VARIABLE, CollectionPolicy } from '../../src/response/collection-policy';
import type { Collection, Incident } from '../../src/response/incident';

const SIZES_MIB = [64, 256, 1024];
const ROUNDS = 3;
const BOOT_MS = 15 * 60_000;
const POLL_MS = 20;
const DOCUMENT = 'collect';
const STAMP = '202611240430';
const DIRECTORY = `/var/crash/${STAMP}`;
const DUMP = `${DIRECTORY}/dump.${STAMP}`;
// As response-functions.ts has it.
const PART_MIB = 512;
const OPERATOR = { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'OPERATOR', AWS_SECRET_ACCESS_KEY: 'OPERATOR' };

interface Collected {
  /** Until S3 has taken every part. */
  readonly uploadMs: number;
  /** Until it has put them together. */
  readonly wholeMs: number;
  readonly commands: number;
}

/** A machine with a dump on its disk, and somebody who brings it to S3 in one way or the other. */
class Bench {
  public static async boot(): Promise<Bench> {
    const directory = mkdtempSync(join(tmpdir(), 'collection-'));
    const stand = await LocalStand.powerOn(directory, DEBIAN_12, await new DiskImage(DEBIAN_12).provide());
    await stand.agentOnline(BOOT_MS);
    return new Bench(stand, directory);
  }

  private readonly bucket: string;
  private readonly s3: S3Client;
  private readonly ssm: SSMClient;
  private readonly environment = { ...process.env };
  private incidents = 0;

  private constructor(private readonly stand: LocalStand, private readonly directory: string) {
    const { aws, url } = stand;
    this.bucket = aws.s3.createBucket('dumps');
    aws.ssm.documents.set(DOCUMENT, { name: DOCUMENT, content: collectionDocument() });
    const policy: CollectionPolicy = {
      bucket: this.bucket, documentName: DOCUMENT, dumpPath: '/var/crash', contents: 'kernelLogAndVmcore', removeAfterUpload: false, partMib: PART_MIB,
    };
    Object.assign(process.env, OPERATOR, { AWS_ENDPOINT_URL: url, [COLLECTION_POLICY_VARIABLE]: JSON.stringify(policy) });
    this.s3 = new S3Client({ ...stand.clientConfiguration(), requestChecksumCalculation: 'WHEN_REQUIRED' });
    this.ssm = new SSMClient(stand.clientConfiguration());
  }

  /** What no compressor makes smaller, as a dump is that one has made. */
  public async lay(mib: number): Promise<void> {
    await this.run('AWS-RunShellScript', {
      commands: [`rm -rf /var/crash/*; mkdir -p ${DIRECTORY}`, `head -c 200000 /dev/urandom > ${DIRECTORY}/dmesg.${STAMP}`,
        `dd if=/dev/urandom of=${DUMP} bs=1048576 count=${mib} 2> /dev/null`, 'sync'],
    });
  }

  /** One PUT, from the same machine to the same place. */
  public async curl(): Promise<number> {
    const object = { Bucket: this.bucket, Key: 'plain' };
    const url = await getSignedUrl(this.s3, new PutObjectCommand(object), { expiresIn: 3600 });
    const start = performance.now();
    await this.run('AWS-RunShellScript', { commands: [`curl -q -sS -f -o /dev/null -T ${DUMP} '${url}'`] });
    const ms = performance.now() - start;
    await this.s3.send(new DeleteObjectCommand(object));
    return ms;
  }

  /** The steps of the workflow, each as soon as the command before it has ended. */
  public async collect(): Promise<Collected> {
    const startedAt = new Date(Date.now() - 3_600_000 + 1000 * this.incidents++).toISOString();
    const { instanceId } = this.stand.machine;
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

  public async close(): Promise<void> {
    process.env = this.environment;
    this.s3.destroy();
    this.ssm.destroy();
    await this.stand.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async run(DocumentName: string, Parameters: Record<string, string[]>): Promise<void> {
    const { Command } = await this.ssm.send(new SendCommandCommand({ DocumentName, InstanceIds: [this.stand.machine.instanceId], Parameters }));
    await this.ended(Command!.CommandId!);
  }

  private async ended(CommandId: string): Promise<void> {
    for (;;) {
      const seen = await this.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: this.stand.machine.instanceId }));
      if (seen.Status === 'Success') return;
      if (seen.Status !== 'Pending' && seen.Status !== 'InProgress') throw new Error(`A command ended as ${seen.Status}: ${seen.StandardErrorContent}`);
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }
}

async function measure(say: (progress: string) => void): Promise<Measurement> {
  const bench = await Bench.boot();
  say('the machine has booted');
  const against: Record<string, Pairs> = {};
  const medians: number[] = [];
  const commands: number[] = [];
  try {
    for (const mib of SIZES_MIB) {
      await bench.lay(mib);
      const rounds: { ours: Collected; theirs: number }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        // Who goes first finds the machine as the other left it.
        const before = round % 2 === 0 ? await bench.curl() : undefined;
        const ours = await bench.collect();
        rounds.push({ ours, theirs: before ?? await bench.curl() });
        say(`${mib} MiB: ${(ours.uploadMs / 1000).toFixed(1)} s, put together ${(ours.wholeMs / 1000).toFixed(1)} s; curl ${(rounds[round].theirs / 1000).toFixed(1)} s`);
      }
      against[`curl${mib}`] = { unit: 'ms', pairs: rounds.map(({ ours, theirs }) => [ours.uploadMs, theirs]) };
      against[`whole${mib}`] = { unit: 'ms', pairs: rounds.map(({ ours, theirs }) => [ours.wholeMs, theirs]) };
      medians.push(median(rounds.map(({ ours }) => ours.uploadMs)));
      commands.push(rounds[0].ours.commands);
    }
  } finally {
    await bench.close();
  }
  const last = SIZES_MIB.at(-1);
  return {
    against: { curl: against[`curl${last}`], whole: against[`whole${last}`], curlSmaller: against[`curl${SIZES_MIB[1]}`], curlSmallest: against[`curl${SIZES_MIB[0]}`] },
    growth: [{ what: 'the collection of a dump', of: 'MiB', unit: 'ms', sizes: SIZES_MIB, values: medians }],
    notes: [
      `Commands for ${SIZES_MIB.join(', ')} MiB: ${commands.join(', ')}. After each the workflow waits up to 5 seconds in its first two minutes, and up to half a minute`
        + ' from then on, which is left out here.',
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
    whole: { what: 'the same, ours until S3 has put the parts together' },
    curlSmaller: { what: 'curl -T, 256 MiB' },
    curlSmallest: { what: 'curl -T, 64 MiB' },
  },
  measure,
};
