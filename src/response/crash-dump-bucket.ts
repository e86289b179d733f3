import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, IBucket, ObjectLockRetention, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/**
 * Properties of CrashDumpBucket.
 */
export interface CrashDumpBucketProps {
  /**
   * The key that encrypts the dumps.
   *
   * @default - S3 encrypts with keys of its own
   */
  readonly encryptionKey?: IKey;

  /**
   * How long a dump is kept: 1 to 3650 whole days. A dump holds what was in memory, passwords and customers' data included, and is
   * worth little once its crash is explained.
   *
   * @default Duration.days(90)
   */
  readonly expiration?: Duration;

  /**
   * Whether a dump that is deleted or overwritten can be had back, for 30 days.
   *
   * @default - false; true where `retention` is given
   */
  readonly versioned?: boolean;

  /**
   * How long S3 lets nobody delete or overwrite a dump (Object Lock), beyond `expiration` if it is longer. It cannot be taken away
   * from a bucket.
   *
   * @default - no Object Lock
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
   */
  readonly retention?: ObjectLockRetention;

  /**
   * The bucket that S3 logs the requests to this one in.
   *
   * @default - requests are not logged
   */
  readonly serverAccessLogsBucket?: IBucket;

  /**
   * What happens to the bucket when the stack no longer has it.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

const DEFAULT_EXPIRATION = Duration.days(90);
const MOST_DAYS = 3650;
const DELETED_FOR = Duration.days(30);
// An upload is resumed within hours or not at all; until its parts are aborted they cost as objects do.
const UNFINISHED_FOR = Duration.days(7);

/**
 * Defines a bucket for crash dumps: encrypted, reached by TLS 1.2 or later alone, never public, emptied by and by.
 *
 * A dump is as secret as the memory of the machine that it shows. Reading it takes permission for the bucket and, where it has one,
 * for the key.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
 *
 * @example
 * declare const key: kms.Key;
 * declare const interrupt: DiagnosticInterrupt;
 *
 * const bucket = new CrashDumpBucket(this, 'Dumps', { encryptionKey: key, expiration: Duration.days(30) });
 * new CrashDumpResponse(this, 'Response', { interrupt, bucket });
 */
export class CrashDumpBucket extends Bucket {
  /**
   * @throws if `expiration` is no whole number of days from 1 to 3650, or `versioned` is false although `retention` is given
   */
  constructor(scope: Construct, id: string, props: CrashDumpBucketProps = {}) {
    const { encryptionKey, retention, serverAccessLogsBucket, versioned = retention !== undefined } = props;
    if (retention && !versioned) {
      throw new Error('CrashDumpBucket: versioned is false and retention is given; Object Lock works on versions alone. Leave out versioned, or retention.');
    }
    super(scope, id, {
      encryption: encryptionKey ? BucketEncryption.KMS : BucketEncryption.S3_MANAGED,
      encryptionKey,
      bucketKeyEnabled: encryptionKey && true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned,
      objectLockEnabled: retention && true,
      objectLockDefaultRetention: retention,
      serverAccessLogsBucket,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      lifecycleRules: [{
        expiration: wholeDays(props.expiration ?? DEFAULT_EXPIRATION),
        noncurrentVersionExpiration: versioned ? DELETED_FOR : undefined,
        abortIncompleteMultipartUploadAfter: UNFINISHED_FOR,
      }],
    });
  }
}

function wholeDays(expiration: Duration): Duration {
  const allowed = `1 to ${MOST_DAYS} whole days are allowed, as in Duration.days(30)`;
  if (expiration.isUnresolved()) throw new Error(`CrashDumpBucket: expiration is a token; ${allowed}.`);
  const days = expiration.toMilliseconds() / Duration.days(1).toMilliseconds();
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS) {
    throw new Error(`CrashDumpBucket: expiration is ${days} days; ${allowed}.`);
  }
  return expiration;
}
