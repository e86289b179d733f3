import { App, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { CrashDiagnostics, CrashDiagnosticsProps, CrashKernel, InterruptMode, KdumpTargets, RebootPolicy, UnresponsiveSignal } from '../src';

process.env.CDK_VALIDATION = 'false';

function setUp(targets: (stack: Stack) => KdumpTargets, props: Partial<CrashDiagnosticsProps> = {}) {
  const stack = new Stack(new App(), 'Test');
  return { stack, diagnostics: new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: targets(stack), ...props }) };
}

const instances = (count: number) => (stack: Stack) =>
  KdumpTargets.instances(...Array.from({ length: count }, (_, at) => new CfnInstance(stack, `I${at}`)));
const byTag = () => KdumpTargets.tag('Kdump', 'on');
const group = (size: number) => (stack: Stack) =>
  KdumpTargets.autoScalingGroup(new CfnAutoScalingGroup(stack, 'Group', { minSize: '1', maxSize: `${size}` }));

/** How many resources there are of each type, but for the targets themselves. */
function countsOf(stack: Stack): Record<string, number> {
  const { CDKMetadata, ...resources } = Template.fromStack(stack).toJSON().Resources as Record<string, { Type: string }>;
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  delete counts['AWS::EC2::Instance'];
  delete counts['AWS::AutoScaling::AutoScalingGroup'];
  return counts;
}

// What there is for whatever targets.
const ALWAYS = {
  'AWS::DynamoDB::Table': 1,
  'AWS::IAM::Role': 2,
  'AWS::Lambda::EventInvokeConfig': 1,
  'AWS::Lambda::Function': 1,
  'AWS::Logs::LogGroup': 1,
  'AWS::SQS::Queue': 1,
  'AWS::SQS::QueuePolicy': 1,
  'AWS::SSM::Association': 1,
  'AWS::SSM::Document': 1,
};

describe('instances that are known', () => {
  test.each([1, 2, 20])('one line defines kdump, an alarm for each of %d, and the interrupt that each sends', count => {
    const { stack, diagnostics } = setUp(instances(count));
    expect(countsOf(stack)).toEqual({
      ...ALWAYS,
      'AWS::CloudWatch::Alarm': count + 1, // and that about requests that failed
      'AWS::IAM::Policy': count + 2, // an alarm's each, and the two roles' own
      'AWS::Lambda::Permission': count,
    });
    expect(diagnostics.alarms).toHaveLength(count);
  });

  test('refuses more than one function can have alarms for', () => {
    expect(() => setUp(instances(21))).toThrow(/^CrashDiagnostics: 21 instances were given; 20 are allowed.*KdumpTargets\.tag\(\)/);
  });

  test('may be noticed by a signal, which is trusted beyond the status check then', () => {
    const { stack } = setUp(instances(1), { signal: UnresponsiveSignal.cloudWatchAgentHeartbeat() });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'CWAgent', MetricName: 'mem_used_percent', TreatMissingData: 'breaching' });
    expect(JSON.stringify(template.findResources('AWS::Lambda::Function')))
      .toContain(JSON.stringify(JSON.stringify({ namespace: 'CWAgent', metricName: 'mem_used_percent' })).slice(1, -1));
  });
});

describe('a fleet', () => {
  const FLEET = { ...ALWAYS, 'AWS::CloudWatch::Alarm': 2, 'AWS::Events::Rule': 1, 'AWS::IAM::Policy': 3, 'AWS::Lambda::Permission': 1 };

  test.each<[string, (stack: Stack) => KdumpTargets]>([
    ['with a tag', byTag],
    ['with one of 50 values of a tag', () => KdumpTargets.tag('Name', ...Array.from({ length: 50 }, (_, at) => `web-${at}`))],
    ['of an Auto Scaling group of one', group(1)],
    ['of an Auto Scaling group of 10,000', group(10_000)],
  ])('%s has the same resources as any other', (_, targets) => {
    const { stack, diagnostics } = setUp(targets);
    expect(countsOf(stack)).toEqual(FLEET);
    expect(diagnostics.alarms).toHaveLength(1);
  });

  test('hands each instance that becomes unresponsive to the function, and keeps what it could not hand over', () => {
    const { stack } = setUp(byTag);
    const template = Template.fromStack(stack); // throws on circular references
    const [alarmId] = Object.keys(template.findResources('AWS::CloudWatch::Alarm', { Properties: { Metrics: Match.anyValue() } }));
    const [ruleId] = Object.keys(template.findResources('AWS::Events::Rule'));
    const [queueId] = Object.keys(template.findResources('AWS::SQS::Queue'));
    const [functionId] = Object.keys(template.findResources('AWS::Lambda::Function'));
    const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { 'resources': [arn(alarmId)], 'detail-type': ['CloudWatch Alarm Contributor State Change'], 'detail': { state: { value: ['ALARM'] } } },
      Targets: [{
        Arn: arn(functionId),
        DeadLetterConfig: { Arn: arn(queueId) },
        RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 10 },
      }],
    });
    template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'events.amazonaws.com', FunctionName: arn(functionId), SourceArn: arn(ruleId) });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [{ Ref: queueId }],
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Condition: { ArnEquals: { 'aws:SourceArn': arn(ruleId) } },
        })]),
      },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [Match.objectLike({ Action: Match.arrayWith(['cloudwatch:DescribeAlarmContributors']), Resource: arn(alarmId) })] },
    });
  });

  test('may be told to look at what it looks at anyway', () => {
    expect(setUp(byTag, { signal: UnresponsiveSignal.instanceStatusCheck() }).diagnostics.alarms).toHaveLength(1);
  });

  test.each([UnresponsiveSignal.cloudWatchAgentHeartbeat(), UnresponsiveSignal.applicationStatusCheck()])('refuses a signal that needs an alarm each', signal => {
    for (const targets of [byTag, group(1)]) {
      expect(() => setUp(targets, { signal })).toThrow(/not known at synth, .*KdumpTargets\.instance\(\).* or leave out signal/);
    }
  });
});

test('hands the settings on to the rooms', () => {
  const { stack, diagnostics } = setUp(instances(1), {
    crashKernel: CrashKernel.size(Size.mebibytes(384)),
    rebootPolicy: RebootPolicy.whenRequired(),
    dump: { path: '/data/crash', level: 1 },
    mode: InterruptMode.DRY_RUN,
    runbookUrl: 'https://wiki.example.com/hung',
  });
  const template = Template.fromStack(stack);
  const json = JSON.stringify(template.toJSON());
  for (const part of ["'384M'", "'whenRequired'", "DUMP_PATH='/data/crash'", "DUMP_LEVEL='1'", 'dryRun']) expect(json).toContain(part);
  template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmDescription: Match.stringLikeRegexp(' Runbook: https://wiki.example.com/hung$') });
  expect(diagnostics.interrupt.function).toBeDefined();
});
