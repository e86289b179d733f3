import { Names, Stack } from 'aws-cdk-lib';
import { AlarmActionConfig, IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
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
    const id = `Invoke${Names.nodeUniqueId(this.interrupt.node)}`;
    // An alarm may have the action for more than one of its states.
    if (!scope.node.tryFindChild(id)) {
      this.interrupt._readAlarm(scope, alarm);
      // The CDK's LambdaAction keeps the permission with the function: an alarm in another stack would make the stacks a circle.
      this.interrupt.function.addPermission(id, {
        scope,
        principal: new ServicePrincipal('lambda.alarms.cloudwatch.amazonaws.com'),
        sourceAccount: Stack.of(scope).account,
        sourceArn: alarm.alarmArn,
      });
    }
    return { alarmActionArn: this.interrupt.function.functionArn };
  }
}
