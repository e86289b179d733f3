import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { alarmDescription } from '../detection/alarm-description';

/**
 * Defines the alarm that goes off when a workflow failed, was stopped or ran out of time. Whom it wakes is the owner's choice: it has no
 * action.
 */
export function failedResponsesAlarm(scope: Construct, stateMachine: IStateMachine, runbookUrl?: string): Alarm {
  return new Alarm(scope, 'FailureAlarm', {
    metric: new MathExpression({
      expression: 'failed + aborted + timedOut',
      usingMetrics: { failed: stateMachine.metricFailed(), aborted: stateMachine.metricAborted(), timedOut: stateMachine.metricTimedOut() },
      period: Duration.minutes(5),
      label: 'Crash dump responses that failed',
    }),
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    alarmDescription: alarmDescription('A crash dump response failed; its report and its execution say why.', runbookUrl),
  });
}
