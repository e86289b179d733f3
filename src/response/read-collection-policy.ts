import * as v from 'valibot';
import { COLLECTION_POLICY_VARIABLE, CollectionPolicy } from './collection-policy';

const text = v.pipe(v.string(), v.nonEmpty());

// Strict: a key that is not known is a wish that nobody would grant.
const policySchema = v.strictObject({
  bucket: text,
  documentName: text,
  dumpPath: v.pipe(v.string(), v.regex(/^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/)),
  contents: v.picklist(['kernelLog', 'kernelLogAndVmcore']),
  removeAfterUpload: v.boolean(),
  // S3 wants 5 MiB for each part but the last, and takes 5 GiB.
  partMib: v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(4096)),
  timeoutSeconds: v.pipe(v.number(), v.integer(), v.minValue(1)),
}) satisfies v.GenericSchema<unknown, CollectionPolicy>;

/**
 * Reads the policy of the collection, or throws an error that says what is wrong with it.
 */
export function readCollectionPolicy(json: string | undefined): CollectionPolicy {
  try {
    return v.parse(policySchema, JSON.parse(json ?? ''));
  } catch (error) {
    throw new Error(`${COLLECTION_POLICY_VARIABLE} is not what the construct writes: ${(error as Error).message}`);
  }
}
