import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { IInstanceRef } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { requireSameRegion } from '../kdump/same-region';

/**
 * Properties of an UnresponsiveAlarm.
 */
export interface UnresponsiveAlarmProps {
  /**
   * The instance to watch.
   */
  readonly instance: IInstanceRef;

  /**
   * For how long the instance status check must have failed without a break: whole minutes, since EC2 checks once a minute.
   *
   * A reboot fails the check as well: with less time than the instance's reboot takes, the alarm goes off at reboots.
   *
   * @default Duration.minutes(3)
   */
  readonly unresponsiveFor?: Duration;
}

/**
 * Defines an alarm that goes off when an instance fails its EC2 instance status check: the instance does not answer ARP
 * requests, so its kernel does nothing any more. A machine whose user space alone is stuck passes the check.
 *
 * Missing data never sets it off: a stopped instance has no data, and the alarm goes to INSUFFICIENT_DATA.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html
 */
export class UnresponsiveAlarm extends Alarm {
  constructor(scope: Construct, id: string, props: UnresponsiveAlarmProps) {
    super(scope, id, {
      metric: new Metric({
        namespace: 'AWS/EC2',
        metricName: 'StatusCheckFailed_Instance',
        dimensionsMap: { InstanceId: props.instance.instanceRef.instanceId },
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(1),
      }),
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: wholeMinutes(props.unresponsiveFor ?? Duration.minutes(3)),
      treatMissingData: TreatMissingData.MISSING,
      alarmDescription: 'The instance fails its EC2 instance status check: it does not answer ARP requests.',
    });
    requireSameRegion(this, props.instance);
  }
}

// CloudWatch evaluates at most a day of one-minute periods.
const LONGEST_MINUTES = 24 * 60;

function wholeMinutes(duration: Duration): number {
  if (duration.isUnresolved()) {
    throw new Error('unresponsiveFor: it is a token. Give a literal Duration of whole minutes.');
  }
  const seconds = duration.toSeconds();
  const minutes = seconds / 60;
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > LONGEST_MINUTES) {
    throw new Error(`unresponsiveFor: ${seconds} seconds were given; whole minutes from 1 to ${LONGEST_MINUTES} are allowed.`
      + ' Use Duration.minutes(n).');
  }
  return minutes;
}
