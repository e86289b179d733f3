import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { FleetUnresponsiveAlarm, FleetUnresponsiveAlarmProps } from '../../src';

process.env.CDK_VALIDATION = 'false';

function alarmOf(props?: FleetUnresponsiveAlarmProps) {
  const stack = new Stack(new App(), 'Test');
  new FleetUnresponsiveAlarm(stack, 'Fleet', props);
  return Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'))[0].Properties;
}

test('asks for the status of every instance, those that fail first', () => {
  expect(alarmOf()).toEqual({
    AlarmDescription: 'An instance of the account and Region fails its EC2 instance status check: it does not answer ARP requests.',
    Metrics: [{
      Id: 'expr_1',
      Expression: 'SELECT MAX(StatusCheckFailed_Instance) FROM SCHEMA("AWS/EC2", InstanceId) GROUP BY InstanceId ORDER BY MAX() DESC',
      Period: 60,
      ReturnData: true,
    }],
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 1,
    EvaluationPeriods: 3,
    TreatMissingData: 'notBreaching',
  });
});

test('waits as long as it is told and names the runbook', () => {
  expect(alarmOf({ unresponsiveFor: Duration.hours(3), runbookUrl: 'https://wiki.example.com/hung' })).toMatchObject({
    EvaluationPeriods: 180,
    AlarmDescription: expect.stringMatching(/ARP requests\. Runbook: https:\/\/wiki\.example\.com\/hung$/),
  });
});

test('hands the instances that become unresponsive to a target, with no more resources for a fleet than for one instance', () => {
  const stack = new Stack(new App(), 'Test');
  const alarm = new FleetUnresponsiveAlarm(stack, 'Fleet');
  // The function knows the alarm and the rule knows the function: that must be no circle.
  const target = new Function(stack, 'Target', {
    runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('x'), environment: { ALARM: alarm.alarmArn },
  });
  alarm.onUnresponsive('ToTarget', new LambdaFunction(target, { deadLetterQueue: new Queue(stack, 'Undelivered'), retryAttempts: 3 }));

  const template = Template.fromStack(stack);
  const [alarmId] = Object.keys(template.findResources('AWS::CloudWatch::Alarm'));
  const rules = template.findResources('AWS::Events::Rule');
  const [[ruleId, rule]] = Object.entries(rules);
  expect(rule.Properties).toEqual({
    Description: 'An instance has become unresponsive',
    EventPattern: {
      'source': ['aws.cloudwatch'],
      'detail-type': ['CloudWatch Alarm Contributor State Change'],
      'resources': [{ 'Fn::GetAtt': [alarmId, 'Arn'] }],
      'detail': { state: { value: ['ALARM'] } },
    },
    State: 'ENABLED',
    Targets: [{
      Id: 'Target0',
      Arn: { 'Fn::GetAtt': [expect.stringMatching(/^Target/), 'Arn'] },
      DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^Undelivered/), 'Arn'] } },
      RetryPolicy: { MaximumRetryAttempts: 3 },
    }],
  });
  template.hasResourceProperties('AWS::Lambda::Permission', {
    Principal: 'events.amazonaws.com',
    SourceArn: { 'Fn::GetAtt': [ruleId, 'Arn'] },
  });
  template.resourceCountIs('AWS::CloudWatch::Alarm', 1);
  template.resourceCountIs('AWS::Events::Rule', 1);
});

test('warns of nothing', () => {
  const app = new App();
  const stack = new Stack(app, 'Test');
  new FleetUnresponsiveAlarm(stack, 'Fleet');
  app.synth();
  expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
});

test.each([Duration.seconds(90), Duration.seconds(0), Duration.minutes(181)])('refuses %s', unresponsiveFor => {
  expect(() => alarmOf({ unresponsiveFor })).toThrow(/^unresponsiveFor: .* whole minutes from 1 to 180 are allowed/);
});

test('refuses a time that is a token', () => {
  expect(() => alarmOf({ unresponsiveFor: Duration.minutes(Token.asNumber({ Ref: 'Minutes' })) })).toThrow(/^unresponsiveFor: it is a token/);
});

test('refuses a runbook that is no URL', () => {
  expect(() => alarmOf({ runbookUrl: 'see the wiki' })).toThrow(/^runbookUrl: 'see the wiki' was given/);
});
