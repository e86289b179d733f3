import { createHash } from 'node:crypto';
import { BusEvent } from './aws/event-bridge';
import { DemoReport } from './report';
import { LocalStand } from './stand';

/**
 * What the workflow has brought to the bucket, compared byte for byte with what lies on the instance.
 *
 * @param reported the event in which the workflow says what it has brought
 */
export async function readCollected(stand: LocalStand, { detail: { dump } }: BusEvent): Promise<NonNullable<DemoReport['collected']>> {
  const collected = [];
  for (const { name, key, bytes } of dump.files) {
    if (key === undefined) throw new Error(`${name} was not brought to the bucket: ${dump.missing}`);
    const object = await stand.aws.s3.object(dump.bucket, key);
    const inBucket = createHash('sha256').update(object).digest('hex');
    const [onInstance] = (await stand.runScript(`sha256sum '${dump.directory}/${name}'`)).split(' ');
    if (inBucket !== onInstance || object.length !== bytes) {
      throw new Error(`${name} has ${object.length} bytes and SHA-256 ${inBucket} in the bucket, ${bytes} bytes and ${onInstance} on the instance.`);
    }
    collected.push({ key, bytes, inBucket, onInstance });
  }
  return collected;
}
