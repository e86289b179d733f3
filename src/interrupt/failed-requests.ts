import { Duration } from 'aws-cdk-lib';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/**
 * Defines where requests lie that failed for good, for as long as a queue can keep them: somebody has to look at them.
 */
export function failedRequestsQueue(scope: Construct, encryptionKey?: IKey): Queue {
  return new Queue(scope, 'Failures', {
    retentionPeriod: Duration.days(14),
    enforceSSL: true,
    encryption: encryptionKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
    encryptionMasterKey: encryptionKey,
  });
}
