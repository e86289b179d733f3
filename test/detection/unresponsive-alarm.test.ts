import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { UnresponsiveAlarm } from '../../src';

process.env.CDK_VALIDATION = 'false';

function templateOf(unresponsiveFor?: Duration): Template {
  const stack = new Stack(new App(), 'Test');
  new UnresponsiveAlarm(stack, 'Alarm', { instance: new CfnInstance(stack, 'Web'), unresponsiveFor });
  return Template.fromStack(stack);
}

test('watches the instance status check, minute by minute, and takes missing data for no news', () => {
  templateOf().hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: 'AWS/EC2',
    MetricName: 'StatusCheckFailed_Instance',
    Dimensions: [{ Name: 'InstanceId', Value: { Ref: 'Web' } }],
    Statistic: 'Maximum',
    Period: 60,
    EvaluationPeriods: 3,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'missing',
  });
});

test('waits as long as it is told', () => {
  templateOf(Duration.minutes(10)).hasResourceProperties('AWS::CloudWatch::Alarm', { EvaluationPeriods: 10 });
});

test.each([Duration.seconds(90), Duration.seconds(0), Duration.days(2)])('refuses %s', duration => {
  expect(() => templateOf(duration)).toThrow(/whole minutes from 1 to 1440/);
});
