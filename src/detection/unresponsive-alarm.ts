import { Duration } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { IInstanceRef } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { alarmDescription } from './alarm-description';
import { evaluationPeriods } from './evaluation-periods';
import { UnresponsiveSignal } from './unresponsive-signal';
import { requireSameEnvironment } from '../kdump/same-environment';

/**
 * Properties of an UnresponsiveAlarm.
 */
export interface UnresponsiveAlarmProps {
  /**
   * The instance to watch.
   */
  readonly instance: IInstanceRef;

  /**
   * By what it is noticed that the instance is unresponsive.
   *
   * @default UnresponsiveSignal.instanceStatusCheck()
   */
  readonly signal?: UnresponsiveSignal;

  /**
   * For how long the instance must have been unresponsive without a break: whole periods of the signal, which are minutes unless a
   * heartbeat says otherwise, up to a day.
   *
   * A reboot fails each of the signals as well: with less time than the instance's reboot takes, the alarm goes off at reboots.
   *
   * @default - three periods of the signal: three minutes, unless a heartbeat has a longer period
   */
  readonly unresponsiveFor?: Duration;

  /**
   * Where it is written what to do about an unresponsive instance: an http or https URL. It becomes part of the alarm's description, which
   * has up to 1,024 characters.
   *
   * @default - the description names no runbook
   */
  readonly runbookUrl?: string;
}

// CloudWatch evaluates at most a day of periods that are shorter than an hour.
const LONGEST_MINUTES = 24 * 60;

/**
 * Defines an alarm that goes off when an instance is unresponsive. Unless another signal is given, that is when it fails its EC2 instance
 * status check: the instance does not answer ARP requests, so its kernel does nothing any more. A machine whose user space alone is
 * stuck passes that check; an application status check or a heartbeat notices it.
 *
 * Missing data never sets off an alarm on a status check: a stopped instance has no data, and the alarm goes to INSUFFICIENT_DATA. An
 * alarm on a heartbeat goes off at nothing but missing data.
 *
 * To combine signals, give several of these alarms to a `CompositeAlarm`.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html
 *
 * @example
 * declare const web: ec2.Instance;
 * declare const response: CrashDumpResponse;
 *
 * response.addAlarm(new UnresponsiveAlarm(this, 'Unresponsive', { instance: web, unresponsiveFor: Duration.minutes(5) }));
 */
export class UnresponsiveAlarm extends Alarm {
  /**
   * @throws if `unresponsiveFor` is a token or not of whole periods up to a day, `runbookUrl` is no URL or too long for a description, or
   * the instance is in another account or Region
   */
  constructor(scope: Construct, id: string, props: UnresponsiveAlarmProps) {
    const signal = props.signal ?? UnresponsiveSignal.instanceStatusCheck();
    const unresponsiveFor = props.unresponsiveFor ?? Duration.minutes(3 * signal._period.toMinutes());
    super(scope, id, {
      ...signal._condition(props.instance),
      evaluationPeriods: evaluationPeriods(unresponsiveFor, signal._period, LONGEST_MINUTES),
      alarmDescription: alarmDescription(signal._meaning, props.runbookUrl),
    });
    requireSameEnvironment(this, props.instance);
  }
}
