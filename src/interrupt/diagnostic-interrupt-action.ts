import { Names, Stack } from 'aws-cdk-lib';
import { AlarmActionConfig, IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DiagnosticInterrupt } from './diagnostic-interrupt';
import { requireImpairedInTimeOf } from './require-impaired-in-time';
import { requireInstanceAlarm } from './require-instance-alarm';
import { requireSameEnvironment } from '../kdump/same-environment';

/**
 * Defines alarm actions that ask a DiagnosticInterrupt to interrupt the instance that the alarm watches.
 *
 * @example
 * declare const web: ec2.Instance;
 * declare const interrupt: DiagnosticInterrupt;
 *
 * const alarm = new cloudwatch.Alarm(this, 'InstanceCheck', {
 *   metric: new cloudwatch.Metric({
 *     namespace: 'AWS/EC2',
 *     metricName: 'StatusCheckFailed_Instance',
 *     dimensionsMap: { InstanceId: web.instanceId },
 *     statistic: 'Maximum',
 *   }),
 *   threshold: 1,
 *   evaluationPeriods: 1,
 * });
 * alarm.addAlarmAction(DiagnosticInterruptAction.of(interrupt));
 */
export class DiagnosticInterruptAction {
  /**
   * An action that asks for the instance of the alarm: a metric alarm with one `InstanceId` among the dimensions of its metrics, or a
   * composite alarm of such. Only the state ALARM leads to an interrupt, so use it with `addAlarmAction`, which throws if the alarm is
   * in another account or Region, names no instance, or is one more than the 20 that a DiagnosticInterrupt takes. One on a status check that goes off
   * too early for `minimumImpairedTime` is an error at synth.
   *
   * @param interrupt decides about the interrupt and sends it
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
   */
  public static of(interrupt: DiagnosticInterrupt): IAlarmAction {
    // No class that implements IAlarmAction: the type of what `bind` takes is another from one aws-cdk-lib to the next (IAlarm,
    // IAlarmRef), and a class in Go, which declares the method itself, would compile with some of them only.
    return { bind: (scope, alarm) => bind(interrupt, scope, alarm) };
  }

  private constructor() {
  }
}

function bind(interrupt: DiagnosticInterrupt, scope: Construct, alarm: IAlarm): AlarmActionConfig {
  requireSameEnvironment(interrupt, alarm);
  requireInstanceAlarm('DiagnosticInterruptAction', alarm);
  const id = `Invoke${Names.nodeUniqueId(interrupt.node)}`;
  // An alarm may have the action for more than one of its states.
  if (!scope.node.tryFindChild(id)) {
    requireImpairedInTimeOf(interrupt, alarm);
    interrupt._readAlarm(scope, alarm);
    // The CDK's LambdaAction keeps the permission with the function: an alarm in another stack would make the stacks a circle.
    interrupt.function.addPermission(id, {
      scope,
      principal: new ServicePrincipal('lambda.alarms.cloudwatch.amazonaws.com'),
      sourceAccount: Stack.of(scope).account,
      sourceArn: alarm.alarmArn,
    });
  }
  return { alarmActionArn: interrupt.function.functionArn };
}
