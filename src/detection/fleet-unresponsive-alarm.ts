import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { alarmDescription } from './alarm-description';
import { evaluationPeriods } from './evaluation-periods';

/**
 * Properties of a FleetUnresponsiveAlarm.
 */
export interface FleetUnresponsiveAlarmProps {
  /**
   * For how long an instance must have failed its instance status check without a break: whole minutes, up to three hours, which is as far
   * back as an alarm on a Metrics Insights query can look.
   *
   * A reboot fails the check as well: with less time than the instances' reboots take, the alarm goes off at reboots.
   *
   * @default Duration.minutes(3)
   */
  readonly unresponsiveFor?: Duration;

  /**
   * Where it is written what to do about an unresponsive instance: an http or https URL. It becomes part of the alarm's description.
   *
   * @default - the description names no runbook
   */
  readonly runbookUrl?: string;
}

const PERIOD = Duration.minutes(1);
// "Only the latest 3 hours of data can be used for evaluating the alarm's conditions."
const LONGEST_MINUTES = 3 * 60;

// One series per instance, and those that fail first: CloudWatch evaluates the first ones if there are too many. The schema takes only
// the metrics whose sole dimension is InstanceId, and not their sums by image, type or Auto Scaling group.
const QUERY = 'SELECT MAX(StatusCheckFailed_Instance) FROM SCHEMA("AWS/EC2", InstanceId) GROUP BY InstanceId ORDER BY MAX() DESC';

/**
 * Defines one alarm for all instances of the account and Region, whether they are there already or come later: it goes off when any of
 * them fails its EC2 instance status check. Each instance is a contributor of the alarm with a state of its own, and EventBridge gets an
 * event for each contributor that changes its state; `onUnresponsive` hands those to a target. Nothing grows with the number of
 * instances.
 *
 * The alarm watches every instance of the Region, whoever it belongs to. Whoever acts on its events has to know which instances are
 * its own: DiagnosticInterrupt refuses all but its targets, as `NotATarget`.
 *
 * Missing data never sets it off, and it notices nothing but a failed instance status check: an instance whose user space alone is
 * stuck needs an UnresponsiveAlarm with another signal.
 *
 * An alarm action (`addAlarmAction`) is no substitute for `onUnresponsive`: what it is given about contributors is not documented for
 * Lambda functions.
 *
 * Limits of CloudWatch:
 * - Up to 500 instances are evaluated, those that fail first; beyond that the alarm's evaluation state is `PARTIAL_DATA`. Of more than 10,000
 *   instances only the first 10,000 that the query finds are looked at.
 * - 100 instances can be in ALARM, or go there, at once; further ones have to wait for others to recover.
 * - 200 alarms on Metrics Insights queries per account and Region, unless you ask for more.
 * - The alarm is billed by the number of metrics that its query analyses, which is the number of instances.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/multi-time-series-alarm.html
 *
 * @example
 * const kdump = new KdumpAssociation(this, 'Kdump', { targets: KdumpTargets.tag('Kdump', 'on') });
 * const interrupt = new DiagnosticInterrupt(this, 'Interrupt', { kdump });
 *
 * interrupt.addFleetAlarm(new FleetUnresponsiveAlarm(this, 'FleetUnresponsive', { unresponsiveFor: Duration.minutes(5) }));
 */
export class FleetUnresponsiveAlarm extends Alarm {
  /**
   * @throws if `unresponsiveFor` is a token or not of whole minutes up to three hours, or `runbookUrl` is no URL or too long for a description
   */
  constructor(scope: Construct, id: string, props: FleetUnresponsiveAlarmProps = {}) {
    super(scope, id, {
      metric: new MathExpression({ expression: QUERY, period: PERIOD }),
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: evaluationPeriods(props.unresponsiveFor ?? Duration.minutes(3), PERIOD, LONGEST_MINUTES),
      // The series of a stopped or terminated instance ends; nothing is wrong with that.
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: alarmDescription(
        'An instance of the account and Region fails its EC2 instance status check: it does not answer ARP requests.', props.runbookUrl),
    });
  }

  /**
   * Defines an EventBridge rule that sends the target an event for each instance that becomes unresponsive, once per instance
   * (`CloudWatch Alarm Contributor State Change` to ALARM).
   *
   * EventBridge tries again for a day if the target does not take the event, and drops it then: give the target a dead-letter queue.
   * The events also come while the alarm is muted; they say so in `detail.muteDetail`.
   *
   * @param id the id of the rule, within the alarm
   * @param target what gets the events, such as a `LambdaFunction` of aws-cdk-lib/aws-events-targets for the function of a DiagnosticInterrupt
   * @returns the rule
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
   */
  public onUnresponsive(id: string, target: IRuleTarget): Rule {
    return new Rule(this, id, {
      description: 'An instance has become unresponsive',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm Contributor State Change'],
        resources: [this.alarmArn],
        detail: { state: { value: ['ALARM'] } },
      },
      targets: [target],
    });
  }
}
