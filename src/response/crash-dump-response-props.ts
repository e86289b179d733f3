import { Duration } from 'aws-cdk-lib';
import { IAutoScalingGroupRef } from 'aws-cdk-lib/aws-autoscaling';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { DiagnosticInterrupt } from '../interrupt/diagnostic-interrupt';

/**
 * What is brought from the instance to the bucket.
 */
export enum DumpContents {
  /** The log of the kernel that panicked: why it did, and nothing of what the processes had in memory. The dump stays on the instance. */
  KERNEL_LOG = 'kernelLog',
  /** The dump as well. It holds what was in memory, passwords and customers' data included. */
  KERNEL_LOG_AND_VMCORE = 'kernelLogAndVmcore',
}

/**
 * Properties of CrashDumpResponse.
 */
export interface CrashDumpResponseProps {
  /**
   * What decides about the interrupt and sends it, in the same stack. Its cooldown must be longer than `returnTimeout`.
   */
  readonly interrupt: DiagnosticInterrupt;

  /**
   * What is brought to the bucket. A dump is as secret as the memory of the machine, so that it leaves the machine only where somebody
   * has chosen so.
   *
   * @default DumpContents.KERNEL_LOG
   */
  readonly contents?: DumpContents;

  /**
   * Where it is brought to, in the same Region. The collection gets the permission to use the bucket's key, if it has one. Of an imported
   * bucket that is known by `encryptionKey` alone (`Bucket.fromBucketAttributes`), and the policy of that key is its owner's.
   *
   * @default - a new CrashDumpBucket
   */
  readonly bucket?: IBucket;

  /**
   * Whether what was brought is deleted on the instance, once S3 has confirmed the whole of it.
   *
   * @default false
   */
  readonly removeFromInstance?: boolean;

  /**
   * The directory on the instances that dumps are written to, as given to the KdumpAssociation (`DumpOptions.path`). It must be literal.
   *
   * @default '/var/crash'
   */
  readonly dumpPath?: string;

  /**
   * Who is told what happened, in the same Region. The workflow gets the permission to use the topic's key, if it has one. An imported
   * topic knows it only by `keyArn`, and the policy of that key is its owner's: it has to allow the role of the workflow `kms:Decrypt` and
   * `kms:GenerateDataKey`.
   *
   * @default - a new topic, without subscriptions
   */
  readonly topic?: ITopic;

  /**
   * Where it is written what to do about an unresponsive instance: an http or https URL of up to 1,024 characters. It stands below the
   * headline of each report.
   *
   * @default - the reports name no runbook
   */
  readonly runbookUrl?: string;

  /**
   * Whether each incident becomes an OpsItem of Systems Manager.
   *
   * @default false
   */
  readonly opsItems?: boolean;

  /**
   * The Auto Scaling groups, up to 135, whose instances are put on standby while they dump, so that they are not replaced meanwhile.
   *
   * @default - the group of the interrupt's targets; where a tag selects those, the groups that carry the same tag
   */
  readonly autoScalingGroups?: IAutoScalingGroupRef[];

  /**
   * Whether a group is made smaller by one while its instance is on standby. That needs a desired capacity above the minimum, and the
   * group is afterwards as it was. Otherwise the group launches another instance, and is larger by one afterwards.
   *
   * @default false
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html
   */
  readonly reduceCapacity?: boolean;

  /**
   * How long it may take from the interrupt until the instance is back: 10 minutes to 6 hours. A dump takes about a minute for each
   * 10 to 50 GiB of memory that it holds.
   *
   * @default Duration.hours(2)
   */
  readonly returnTimeout?: Duration;

  /**
   * How long the collection may take: 10 minutes to 6 hours.
   *
   * @default Duration.hours(4)
   */
  readonly collectionTimeout?: Duration;

  /**
   * The key that encrypts the new bucket and the new topic. It must not be one whose policy bars the services of the account.
   *
   * @default - S3 encrypts with keys of its own; the topic is not encrypted
   */
  readonly encryptionKey?: IKey;
}
