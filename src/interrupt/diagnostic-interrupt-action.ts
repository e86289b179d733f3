import { AlarmActionConfig, IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { DiagnosticInterrupt } from './diagnostic-interrupt';
import { requireSameRegion } from '../kdump/same-region';

/**
 * Defines an alarm action that asks a DiagnosticInterrupt to interrupt the instance that the alarm watches.
 *
 * The alarm must be a metric alarm with one `InstanceId` among the dimensions of its metrics. Only the state ALARM leads to an
 * interrupt, so use it with `addAlarmAction`.
 */
export class DiagnosticInterruptAction implements IAlarmAction {
  /**
   * @param interrupt decides about the interrupt and sends it
   */
  constructor(private readonly interrupt: DiagnosticInterrupt) {
  }

  /**
   * Returns the action's configuration; called by the alarm.
   */
  public bind(scope: Construct, alarm: IAlarm): AlarmActionConfig {
    requireSameRegion(this.interrupt, alarm);
    this.interrupt._readAlarm(scope, alarm);
    // Without the unique id the second alarm on one function throws (aws-cdk#33958).
    return new LambdaAction(this.interrupt.function, { useUniquePermissionId: true }).bind(scope, alarm);
  }
}
