import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { alarmDescription } from '../detection/alarm-description';

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

/**
 * Defines the alarm that goes off while there are any. Whom it wakes is the owner's choice: it has no action.
 */
export function failedRequestsAlarm(scope: Construct, failures: IQueue, runbookUrl?: string): Alarm {
  return new Alarm(scope, 'FailureAlarm', {
    metric: failures.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: Stats.MAXIMUM }),
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    alarmDescription: alarmDescription('A request for a diagnostic interrupt failed for good; it lies in the queue of the failures.', runbookUrl),
  });
}
