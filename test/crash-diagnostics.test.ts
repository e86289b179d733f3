import { App, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { CrashDiagnostics, CrashDiagnosticsProps, CrashKernel, DumpContents, InterruptMode, KdumpTargets, RebootPolicy, UnresponsiveSignal } from '../src';

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

// What there is for whatever targets, without the workflow.
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

// What the workflow adds; its roles are those of the workflow, of its three functions and of the rules that start it.
const RESPONSE = {
  'AWS::Events::Rule': 1,
  'AWS::IAM::Policy': 5,
  'AWS::IAM::Role': 5,
  'AWS::Lambda::Function': 3,
  'AWS::Logs::LogGroup': 1,
  'AWS::S3::Bucket': 1,
  'AWS::S3::BucketPolicy': 1,
  'AWS::SNS::Topic': 1,
  'AWS::SNS::TopicPolicy': 1,
  'AWS::SSM::Document': 1,
  'AWS::StepFunctions::StateMachine': 1,
};

/** How many there are together. */
function sumOf(...counts: Record<string, number>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [type, count] of counts.flatMap(each => Object.entries(each))) sum[type] = (sum[type] ?? 0) + count;
  return sum;
}

const WATCH = {
  'AWS::DynamoDB::Table': 1,
  'AWS::Events::Rule': 2, // the schedule's, and what hands over
  'AWS::IAM::Policy': 1,
  'AWS::IAM::Role': 1,
  'AWS::Lambda::EventInvokeConfig': 1,
  'AWS::Lambda::Function': 1,
  'AWS::Lambda::Permission': 1,
  'AWS::Logs::LogGroup': 1,
};
const FLEET = sumOf(ALWAYS, RESPONSE, WATCH, { 'AWS::IAM::Policy': 2 });

describe('instances that are known', () => {
  const heartbeat = UnresponsiveSignal.cloudWatchAgentHeartbeat();
  const WATCHED = (count: number) => ({
    'AWS::CloudWatch::Alarm': count,
    'AWS::IAM::Policy': count + 2, // an alarm's each, and the two roles' own
  });

  test.each<[string, number, Partial<CrashDiagnosticsProps>]>([
    ['one', 1, {}],
    ['one, if told what is so anyway,', 1, { signal: UnresponsiveSignal.instanceStatusCheck() }],
    ['one by a heartbeat', 1, { signal: heartbeat }],
    ['each of two by a heartbeat', 2, { signal: heartbeat }],
    ['each of 20 by a heartbeat', 20, { signal: heartbeat }],
  ])('one line defines kdump, an alarm for %s, and the workflow that it starts', (_, count, props) => {
    const { stack, diagnostics } = setUp(instances(count), props);
    expect(countsOf(stack)).toEqual(sumOf(ALWAYS, RESPONSE, WATCHED(count), { 'AWS::Events::Rule': count }));
    expect(diagnostics.alarms).toHaveLength(count);
    expect(diagnostics.fleetWatch).toBeUndefined();
  });

  test.each<[string, number, Partial<CrashDiagnosticsProps>]>([
    ['two', 2, {}],
    ['two, if told what is so anyway,', 2, { signal: UnresponsiveSignal.instanceStatusCheck() }],
    ['50', 50, {}],
    ['50 with a runbook', 50, { runbookUrl: 'https://wiki.example.com/hung' }],
  ])('one watch looks at %s as at a fleet', (_, count, props) => {
    const { stack, diagnostics } = setUp(instances(count), props);
    expect(countsOf(stack)).toEqual(FLEET);
    expect(diagnostics.alarms).toEqual([]);
    expect(diagnostics.fleetWatch).toBeDefined();
  });

  test('50 of them find room in the policies of each role', () => {
    const template = Template.fromStack(setUp(instances(50)).stack);
    const sizes: Record<string, number> = {};
    for (const { Properties: { Roles, PolicyDocument } } of Object.values(template.findResources('AWS::IAM::Policy'))) {
      // As long as names of usual length make it.
      const text = JSON.stringify(PolicyDocument, (_, value) => value?.Ref || value?.['Fn::GetAtt'] ? 'x'.repeat(80)
        : value?.['Fn::Join']?.[1].map((part: unknown) => typeof part === 'string' ? part : 'x'.repeat(20)).join('') ?? value);
      for (const { Ref } of Roles) sizes[Ref] = (sizes[Ref] ?? 0) + text.length;
    }
    expect(Object.keys(sizes).length).toBeGreaterThan(5);
    for (const size of Object.values(sizes)) expect(size).toBeLessThan(10_240);
  });

  test.each<[number, Partial<CrashDiagnosticsProps>]>([[1, {}], [20, { signal: heartbeat }]])('the alarms of %d may send the interrupt and do nothing more', (count, props) => {
    const { stack, diagnostics } = setUp(instances(count), { interruptOnly: true, ...props });
    expect(countsOf(stack)).toEqual(sumOf(ALWAYS, WATCHED(count), { 'AWS::Lambda::Permission': count }));
    expect(diagnostics.response).toBeUndefined();
  });

  test('refuses more than one function can have alarms for', () => {
    expect(() => setUp(instances(21), { signal: heartbeat })).toThrow(/^CrashDiagnostics: 21 instances were given; 20 are allowed.*several CrashDiagnostics.*or leave out signal/);
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
  test.each<[string, (stack: Stack) => KdumpTargets]>([
    ['with a tag', byTag],
    ['with one of 50 values of a tag', () => KdumpTargets.tag('Name', ...Array.from({ length: 50 }, (_, at) => `web-${at}`))],
    ['of an Auto Scaling group of one', group(1)],
    ['of an Auto Scaling group of 10,000', group(10_000)],
  ])('%s has the same resources as any other', (_, targets) => {
    const { stack, diagnostics } = setUp(targets);
    expect(countsOf(stack)).toEqual(FLEET);
    expect(Object.values(FLEET).reduce((sum, count) => sum + count)).toBeLessThanOrEqual(45);
    expect(diagnostics.alarms).toEqual([]);
    expect(diagnostics.fleetWatch).toBeDefined();
  });

  test.each([['by a tag', byTag], ['of two that are known', instances(2)]])('%s hands each instance that becomes unresponsive to the workflow', (_, targets) => {
    const template = Template.fromStack(setUp(targets).stack);
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { 'detail-type': ['EC2 Instance Unresponsive'] },
      Targets: [Match.objectLike({ Arn: { Ref: Match.stringLikeRegexp('Workflow') }, DeadLetterConfig: Match.anyValue() })],
    });
  });

  test('hands each to the function alone, if asked, and keeps what it could not hand over', () => {
    const { stack } = setUp(byTag, { interruptOnly: true });
    const template = Template.fromStack(stack); // throws on circular references
    const [ruleId] = Object.keys(template.findResources('AWS::Events::Rule', { Properties: { EventPattern: Match.anyValue() } }));
    const [queueId] = Object.keys(template.findResources('AWS::SQS::Queue'));
    const idOf = (handler: string) => Object.keys(template.findResources('AWS::Lambda::Function', { Properties: { Handler: handler } }))[0];
    const functionId = idOf('interrupt.handler');
    const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { 'detail-type': ['EC2 Instance Unresponsive'], 'detail': { watch: [{ Ref: idOf('fleet-watch.handler') }] } },
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
  });

  test('may be told to look at what it looks at anyway', () => {
    expect(setUp(byTag, { signal: UnresponsiveSignal.instanceStatusCheck() }).diagnostics.fleetWatch).toBeDefined();
  });

  test.each([UnresponsiveSignal.cloudWatchAgentHeartbeat(), UnresponsiveSignal.applicationStatusCheck()])('refuses a signal that needs an alarm each', signal => {
    for (const targets of [byTag, group(1)]) {
      expect(() => setUp(targets, { signal })).toThrow(/not known at synth, .*KdumpTargets\.instance\(\).* or leave out signal/);
    }
  });
});

test('has a dashboard if asked', () => {
  const { stack, diagnostics } = setUp(byTag, { dashboard: true });
  Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Dashboard', 1);
  expect(diagnostics.dashboard).toBeDefined();
  expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'))).toContain('Looks at the fleet');
  expect(setUp(byTag, { dashboard: true, interruptOnly: true }).diagnostics.dashboard).toBeDefined();
});

test('takes a bucket and a topic that are there', () => {
  const stack = new Stack(new App(), 'Test');
  const bucket = Bucket.fromBucketName(stack, 'Mine', 'mine');
  const topic = Topic.fromTopicArn(stack, 'Ours', 'arn:aws:sns:us-east-1:123456789012:ours');
  const { response } = new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: byTag(), bucket, topic });
  expect([response!.bucket, response!.topic]).toEqual([bucket, topic]);
  Template.fromStack(stack).resourceCountIs('AWS::S3::Bucket', 0);
});

test('refuses settings of the workflow where there is none', () => {
  expect(() => setUp(byTag, { interruptOnly: true, contents: DumpContents.KERNEL_LOG }))
    .toThrow('CrashDiagnostics: interruptOnly is true and contents given, for which there is no use then. Leave out one or the other.');
});

test('refuses a runbook where there is neither an alarm nor a report that would name it', () => {
  const runbookUrl = 'https://wiki.example.com/hung';
  for (const targets of [byTag, instances(2)]) {
    expect(() => setUp(targets, { interruptOnly: true, runbookUrl })).toThrow('CrashDiagnostics: interruptOnly is true and runbookUrl given');
  }
  const { stack } = setUp(instances(1), { interruptOnly: true, runbookUrl });
  Template.fromStack(stack).allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmDescription: Match.stringLikeRegexp(runbookUrl) });
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
  template.hasResourceProperties('AWS::Lambda::Function', { Handler: 'response.report', Environment: { Variables: { RUNBOOK_URL: 'https://wiki.example.com/hung' } } });
  expect(diagnostics.interrupt.function).toBeDefined();
});
