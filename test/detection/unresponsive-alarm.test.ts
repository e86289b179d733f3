import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AlarmRule, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { UnresponsiveAlarm, UnresponsiveAlarmProps, UnresponsiveSignal } from '../../src';

process.env.CDK_VALIDATION = 'false';

function templateOf(props: Omit<UnresponsiveAlarmProps, 'instance'> = {}): Template {
  const stack = new Stack(new App(), 'Test');
  new UnresponsiveAlarm(stack, 'Alarm', { instance: new CfnInstance(stack, 'Web'), ...props });
  return Template.fromStack(stack);
}

const alarmOf = (props?: Omit<UnresponsiveAlarmProps, 'instance'>) =>
  Object.values(templateOf(props).findResources('AWS::CloudWatch::Alarm'))[0].Properties;

const INSTANCE = { Name: 'InstanceId', Value: { Ref: 'Web' } };
const STATUS_CHECK = {
  Namespace: 'AWS/EC2',
  Dimensions: [INSTANCE],
  Statistic: 'Maximum',
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'missing',
};
const HEARTBEAT = {
  Statistic: 'SampleCount',
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 1,
  ComparisonOperator: 'LessThanThreshold',
  TreatMissingData: 'breaching',
};

test('watches the instance status check, minute by minute, and takes missing data for no news', () => {
  const expected = {
    ...STATUS_CHECK,
    MetricName: 'StatusCheckFailed_Instance',
    AlarmDescription: 'The instance fails its EC2 instance status check: it does not answer ARP requests.',
  };
  expect(alarmOf()).toEqual(expected);
  expect(alarmOf({ signal: UnresponsiveSignal.instanceStatusCheck() })).toEqual(expected);
});

test('keeps the logical id that it always had', () => {
  expect(Object.keys(templateOf().findResources('AWS::CloudWatch::Alarm'))).toEqual(['Alarm7103F465']);
});

test('watches an application status check', () => {
  expect(alarmOf({ signal: UnresponsiveSignal.applicationStatusCheck() })).toEqual({
    ...STATUS_CHECK,
    MetricName: 'StatusCheckFailed_Application',
    AlarmDescription: 'The instance fails its EC2 application status check: its application does not answer HTTP requests.',
  });
});

test('takes the silence of a heartbeat for death', () => {
  expect(alarmOf({ signal: UnresponsiveSignal.heartbeat({ namespace: 'Ops', metricName: 'Alive', dimensions: { Team: 'web' } }) })).toEqual({
    ...HEARTBEAT,
    Namespace: 'Ops',
    MetricName: 'Alive',
    Dimensions: [INSTANCE, { Name: 'Team', Value: 'web' }],
    AlarmDescription: 'The heartbeat of the instance has stopped: no data of its metric Ops Alive.',
  });
});

test('takes the memory metric of the CloudWatch agent for a heartbeat', () => {
  expect(alarmOf({ signal: UnresponsiveSignal.cloudWatchAgentHeartbeat() })).toEqual({
    ...HEARTBEAT,
    Namespace: 'CWAgent',
    MetricName: 'mem_used_percent',
    Dimensions: [INSTANCE],
    AlarmDescription: 'The heartbeat of the instance has stopped: no data of its metric CWAgent mem_used_percent.',
  });
});

const SLOW = UnresponsiveSignal.heartbeat({ namespace: 'Ops', metricName: 'Alive', period: Duration.minutes(5) });

test('waits as long as it is told', () => {
  expect(alarmOf({ unresponsiveFor: Duration.minutes(10) })).toMatchObject({ Period: 60, EvaluationPeriods: 10 });
  expect(alarmOf({ unresponsiveFor: Duration.days(1) })).toMatchObject({ Period: 60, EvaluationPeriods: 1440 });
  expect(alarmOf({ signal: SLOW, unresponsiveFor: Duration.minutes(10) })).toMatchObject({ Period: 300, EvaluationPeriods: 2 });
});

test('waits for three beats of a slow heartbeat', () => {
  expect(alarmOf({ signal: SLOW })).toMatchObject({ Period: 300, EvaluationPeriods: 3 });
});

test('names the runbook in the description', () => {
  expect(alarmOf({ runbookUrl: 'https://wiki.example.com/hung?os=linux' }).AlarmDescription)
    .toBe('The instance fails its EC2 instance status check: it does not answer ARP requests. Runbook: https://wiki.example.com/hung?os=linux');
  expect(alarmOf({ runbookUrl: Token.asString({ 'Fn::ImportValue': 'Runbook' }) }).AlarmDescription).toEqual({
    'Fn::Join': ['', [
      'The instance fails its EC2 instance status check: it does not answer ARP requests. Runbook: ', { 'Fn::ImportValue': 'Runbook' },
    ]],
  });
});

test('is taken by a composite alarm, like any alarm', () => {
  const stack = new Stack(new App(), 'Test');
  const instance = new CfnInstance(stack, 'Web');
  const kernel = new UnresponsiveAlarm(stack, 'Kernel', { instance });
  const programs = new UnresponsiveAlarm(stack, 'Programs', { instance, signal: UnresponsiveSignal.cloudWatchAgentHeartbeat() });
  new CompositeAlarm(stack, 'Dead', { alarmRule: AlarmRule.anyOf(kernel, programs) });
  const template = Template.fromStack(stack);
  const arnOf = (metricName: string) =>
    ({ 'Fn::GetAtt': [Object.keys(template.findResources('AWS::CloudWatch::Alarm', { Properties: { MetricName: metricName } }))[0], 'Arn'] });
  template.hasResourceProperties('AWS::CloudWatch::CompositeAlarm', {
    AlarmRule: { 'Fn::Join': ['', ['(ALARM("', arnOf('StatusCheckFailed_Instance'), '") OR ALARM("', arnOf('mem_used_percent'), '"))']] },
  });
});

test.each([Duration.seconds(90), Duration.seconds(0), Duration.days(2), Duration.millis(60_001)])('refuses %s', duration => {
  expect(() => templateOf({ unresponsiveFor: duration })).toThrow(/^unresponsiveFor: .* whole minutes from 1 to 1440 are allowed/);
});

test('refuses a time that is no multiple of the period', () => {
  expect(() => templateOf({ signal: SLOW, unresponsiveFor: Duration.minutes(7) }))
    .toThrow("unresponsiveFor: 420 seconds were given; multiples of the signal's period of 5 minutes, up to 1440 minutes, are allowed.");
});

test('refuses a time that is a token', () => {
  expect(() => templateOf({ unresponsiveFor: Duration.minutes(Token.asNumber({ Ref: 'Minutes' })) })).toThrow(/^unresponsiveFor: it is a token/);
});

test.each(['', 'wiki/hung', 'ftp://wiki.example.com/', 'javascript:alert(1)', 'https://', 'https://wiki.example.com/a b', 'https://wiki.example.com/\n'])(
  'refuses the runbook %j', runbookUrl => {
    expect(() => templateOf({ runbookUrl })).toThrow(/^runbookUrl: .* a complete http or https URL is allowed/s);
  });

test('refuses a runbook that makes the description too long', () => {
  expect(() => templateOf({ runbookUrl: `https://wiki.example.com/${'a'.repeat(950)}` })).toThrow(/^runbookUrl: .* CloudWatch allows 1024/);
});

test('refuses an instance of another Region, which it could not see', () => {
  const app = new App();
  const there = new Stack(app, 'There', { env: { region: 'eu-west-1' } });
  const here = new Stack(app, 'Here', { env: { region: 'us-east-1' }, crossRegionReferences: true });
  const instance = new CfnInstance(there, 'Web');
  expect(() => new UnresponsiveAlarm(here, 'Alarm', { instance, signal: UnresponsiveSignal.cloudWatchAgentHeartbeat() }))
    .toThrow('Here/Alarm is in us-east-1, but There/Web is in eu-west-1');
});
