import { App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AutoScalingGroup, CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { absentReferences } from './absent-references';
import {
  CrashDiagnosticsDashboard, CrashDumpResponse, CrashDumpResponseProps, DiagnosticInterrupt, DumpContents, FleetWatch, KdumpAssociation,
  KdumpTargets, ResponseOutcome, UnresponsiveAlarm,
} from '../../src';

process.env.CDK_VALIDATION = 'false';

function setUp(props: (stack: Stack) => Partial<CrashDumpResponseProps> = () => ({}), targets: (stack: Stack) => KdumpTargets = () => KdumpTargets.tag('Kdump', 'on'), more: { cooldown?: Duration } = {}) {
  const stack = new Stack(new App(), 'Test');
  const kdump = new KdumpAssociation(stack, 'Kdump', { targets: targets(stack) });
  const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump, ...more });
  return { stack, interrupt, response: new CrashDumpResponse(stack, 'Response', { interrupt, ...props(stack) }) };
}

/** The states of the machine, with references as their logical IDs. */
function statesOf(stack: Stack): Record<string, any> {
  const [machine] = Object.values(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'));
  const parts = machine.Properties.DefinitionString['Fn::Join'][1] as (string | object)[];
  return JSON.parse(parts.map(part => typeof part === 'string' ? part : JSON.stringify(part).replace(/["\\]/g, '')).join('')).States;
}

const tasksOf = (stack: Stack) => Object.entries(statesOf(stack)).filter(([, { Type }]) => Type === 'Task');
/** The states that a state goes to. */
const goesTo = ({ Next, Default, Choices = [], Catch = [] }: any): string[] =>
  [Next, Default, ...[...Choices, ...Catch].map((each: any) => each.Next)].filter(next => next !== undefined);

describe('the workflow', () => {
  test('tries every task again, and catches every one that it can go on without', () => {
    const { stack } = setUp();
    for (const [name, { Retry, Catch }] of tasksOf(stack)) {
      expect([name, Retry?.length > 0]).toEqual([name, true]);
      // Where there is nothing to go back to, the execution fails: nothing has been done yet.
      expect([name, Catch !== undefined || name === 'Recall']).toEqual([name, true]);
    }
  });

  test('comes from every state after the shield to the restoration, and from every state to its end', () => {
    const states = statesOf(setUp().stack);
    const reach = (from: string, seen = new Set<string>()): Set<string> => {
      if (!seen.has(from)) {
        seen.add(from);
        goesTo(states[from]).forEach(next => reach(next, seen));
      }
      return seen;
    };
    for (const name of Object.keys(states)) expect([...reach(name)].some(end => ['Succeed', 'Fail'].includes(states[end].Type))).toBe(true);
    const afterShield = [...reach('LookBefore')].filter(name => !reach('Restore').has(name));
    expect(afterShield).toContain('Interrupt');
    for (const name of afterShield) expect(reach(name)).toContain('Restore');
    // Whatever ends the execution comes after the restoration.
    for (const name of afterShield) expect(goesTo(states[name]).filter(next => ['ComposeReport', 'Done', 'NotTold', 'Failed'].includes(next))).toEqual([]);
  });

  test('writes the incident down before it changes anything, and before each interrupt', () => {
    const states = statesOf(setUp().stack);
    expect(states.RememberShield.Next).toBe('WhichShield?');
    expect(states.RememberInterrupt.Next).toBe('Interrupt');
    expect(Object.entries(states).filter(([, state]) => goesTo(state).includes('EnterStandby')).map(([name]) => name)).toEqual(['WhichShield?']);
  });

  test('refers to nothing that may be absent, on whatever way it comes there', () => {
    const states = statesOf(setUp(() => ({ opsItems: true })).stack);
    expect(absentReferences('Begin', states)).toEqual([]);
    expect(absentReferences('Begin', statesOf(setUp().stack))).toEqual([]);
    // That it would be found.
    delete states.ComposePlainly.Parameters.opsItem;
    expect(absentReferences('Begin', states)).toEqual(['Description', 'Severity', 'Title'].map(key => `CreateOpsItem: $.report.opsItem.${key.toLowerCase()}`));
  });

  test('goes on waiting where a second interrupt is refused: the instance has stirred', () => {
    const sent = statesOf(setUp().stack)['Sent?'];
    expect(sent.Default).toBe('WaitForInstance');
    expect(sent.Choices).toMatchObject([{ And: [{ Or: expect.anything() }, { Variable: '$.attempt', NumericEquals: 1 }], Next: 'Restore' }]);
  });

  test('has bounds for its loops, and a time-out beyond them all', () => {
    const { stack } = setUp(() => ({ returnTimeout: Duration.minutes(30), collectionTimeout: Duration.hours(1) }));
    const states = statesOf(stack);
    // 24 steps that are 2 seconds apart, the rest of the hour by the half minute, and 2 for the end.
    const [, atMost] = states['Collected?'].Choices;
    expect(atMost).toMatchObject({ Variable: '$.collection.steps', NumericGreaterThanEquals: 24 + 119 + 2, Next: 'Restore' });
    expect(states[states['Collected?'].Default]).toMatchObject({ Type: 'Wait', SecondsPath: '$.collection.pauseSeconds' });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { MOST_LOOKS: '30' } } });
    // What AWS does not answer is asked again a minute later, which holds a termination on.
    expect(states['PatientWatch?']).toMatchObject({ Choices: [{ Variable: '$.missedLooks.count', NumericGreaterThanEquals: 30 }], Default: 'WaitForInstance' });
    expect(states['PatientCollect?']).toMatchObject({ Choices: [{ Variable: '$.missedSteps.count', NumericGreaterThanEquals: 25 }], Default: 'WaitForInstance' });
  });

  test('creates OpsItems only if asked', () => {
    expect(Object.keys(statesOf(setUp().stack))).not.toContain('CreateOpsItem');
    expect(Object.keys(statesOf(setUp(() => ({ opsItems: true })).stack))).toContain('CreateOpsItem');
  });

  test('makes the group smaller only if asked', () => {
    expect(statesOf(setUp().stack).EnterStandby.Parameters.ShouldDecrementDesiredCapacity).toBe(false);
    expect(statesOf(setUp(() => ({ reduceCapacity: true })).stack).EnterStandby.Parameters.ShouldDecrementDesiredCapacity).toBe(true);
  });
});

test('the collection may do with objects what it does: send parts, look at them, and confirm the whole', () => {
  const statements = Object.values(Template.fromStack(setUp().stack).findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  expect(statements.find(({ Sid }: { Sid?: string }) => Sid === 'Upload').Action).toEqual(['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts']);
});

describe('the groups that it may put on standby are', () => {
  const shieldOf = (stack: Stack) => Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement).find(({ Sid }: { Sid?: string }) => Sid === 'Shield');

  test('those with the tag of the targets', () => {
    expect(shieldOf(setUp().stack).Condition).toEqual({ StringEquals: { 'aws:ResourceTag/Kdump': ['on'] } });
  });

  test('the group of the targets', () => {
    const group = (stack: Stack) => new CfnAutoScalingGroup(stack, 'Group', { minSize: '1', maxSize: '2' });
    const shield = shieldOf(setUp(undefined, stack => KdumpTargets.autoScalingGroup(group(stack))).stack);
    expect(shield).not.toHaveProperty('Condition');
    expect(JSON.stringify(shield.Resource)).toMatch(/:autoScalingGroup:\*:autoScalingGroupName\/",{"Ref":"Group"}/);
  });

  test('those that are given', () => {
    const given = (stack: Stack) => ({ autoScalingGroups: [new CfnAutoScalingGroup(stack, 'Mine', { minSize: '1', maxSize: '2' })] });
    expect(JSON.stringify(shieldOf(setUp(given).stack).Resource)).toContain('{"Ref":"Mine"}');
  });

  const groupsIn = (stack: Stack, names: string[]) => names.map((name, index) => AutoScalingGroup.fromAutoScalingGroupName(stack, `Group${index}`, name));
  /** A policy as IAM sees it, its references as long as they may become. */
  const deployed = (policy: unknown) => JSON.stringify(policy, (_key, value) => {
    const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': joined } = value ?? {};
    const known: Record<string, string> = { 'AWS::Partition': 'aws-us-gov', 'AWS::Region': 'ap-southeast-1', 'AWS::AccountId': '123456789012' };
    if (Ref) return known[Ref] ?? 'r'.repeat(128);
    if (attribute) return 'a'.repeat(128);
    return joined ? joined[1].map((part: unknown) => typeof part === 'string' ? part : JSON.parse(deployed(part))).join('') : value;
  });
  const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `${index}-`.padEnd(255, 'g'));

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  test.each([1, 15, 16, 135])('%d with the longest names, and no policy of the role is larger than IAM allows', count => {
    const names = namesOf(count);
    const { stack } = setUp(scope => ({ autoScalingGroups: groupsIn(scope, names), opsItems: true, encryptionKey: new Key(scope, 'Key') }));
    const template = Template.fromStack(stack);
    const [inline, managed] = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].map(type => Object.values(template.findResources(type))
      .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes('ResponseWorkflowRole')).map(({ Properties }) => deployed(Properties.PolicyDocument)));
    expect(names.filter(name => ![...inline, ...managed].some(policy => policy.includes(`/${name}"`)))).toEqual([]);
    expect(inline.join('').length).toBeLessThanOrEqual(10_240);
    managed.forEach(policy => expect(policy.length).toBeLessThanOrEqual(6_144));
    expect(managed).toHaveLength(Math.ceil(count / 15) - 1);
    expect(managed.length).toBeLessThanOrEqual(10);
  });

  test('refuses more', () => {
    expect(() => setUp(stack => ({ autoScalingGroups: groupsIn(stack, namesOf(136)) })))
      .toThrow(/^Test\/Response: 136 autoScalingGroups were given; up to 135 are allowed, .* several CrashDumpResponses\.$/);
  });

  test('none, for instances that are known', () => {
    expect(shieldOf(setUp(undefined, stack => KdumpTargets.instance(new CfnInstance(stack, 'Web'))).stack)).toBeUndefined();
  });
});

test('a key encrypts the bucket and the topic, and the roles may use it for that', () => {
  const { stack } = setUp(scope => ({ encryptionKey: new Key(scope, 'Key') }));
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] },
  });
  const users = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([, policy]) => JSON.stringify(policy).includes('kms:')).map(([id]) => id);
  expect(users.map(id => id.replace(/DefaultPolicy.*/, '')).sort()).toEqual(['ResponseCollectRole', 'ResponseReportRole', 'ResponseWorkflowRole']);
});

test.each<[string, (scope: Stack) => Topic]>([
  ['of the same app', scope => new Topic(scope, 'Topic', { masterKey: new Key(scope, 'TopicKey') })],
  ['that was imported with it', scope => Topic.fromTopicAttributes(scope, 'Topic', {
    topicArn: 'arn:aws:sns:us-east-1:123456789012:dumps', keyArn: 'arn:aws:kms:us-east-1:123456789012:key/one',
  }) as Topic],
])('the workflow may use the key of a topic %s', (_what, topic) => {
  const { stack, response } = setUp(scope => ({ topic: topic(scope) }));
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([Match.objectLike({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: stack.resolve(response.topic.masterKey!.keyArn) })]),
    },
    Roles: [{ Ref: Match.stringLikeRegexp('^ResponseWorkflowRole') }],
  });
});

test('alarms and a fleet watch start it, and the end of its own executions', () => {
  const { stack, response } = setUp(undefined, scope => KdumpTargets.instance(new CfnInstance(scope, 'Web')));
  response.addAlarm(new UnresponsiveAlarm(stack, 'Alarm', { instance: stack.node.findChild('Web') as CfnInstance }));
  response.addFleetWatch(new FleetWatch(stack, 'Fleet'));
  const template = Template.fromStack(stack);
  for (const detailType of ['CloudWatch Alarm State Change', 'EC2 Instance Unresponsive', 'Step Functions Execution Status Change']) {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: Match.objectLike({ 'detail-type': [detailType] }),
      Targets: [Match.objectLike({ Arn: { Ref: Match.stringLikeRegexp('^ResponseWorkflow') }, DeadLetterConfig: Match.anyValue(), RoleArn: Match.anyValue() })],
    });
  }
});

describe('refuses', () => {
  test.each<[string, Partial<CrashDumpResponseProps>, { cooldown?: Duration }, RegExp]>([
    ['a cooldown that ends while the instance may dump', {}, { cooldown: Duration.hours(1) }, /returnTimeout is 7200 seconds, and the cooldown of Test\/Interrupt is 3600/],
    ['a return that takes too long', { returnTimeout: Duration.hours(7) }, {}, /returnTimeout: 25200 seconds were given; .* from 10 minutes to 6 hours/],
    ['a collection that is over at once', { collectionTimeout: Duration.minutes(1) }, {}, /collectionTimeout: 60 seconds were given/],
    ['to remove what is brought nowhere', { removeFromInstance: true }, {}, /what is removed would be lost/],
    ['a dump path that the collection would not look at', { dumpPath: 'var/crash' }, {}, /dumpPath is "var\/crash"; an absolute path .* is allowed/],
    ['a runbook that is no URL', { runbookUrl: 'wiki/hung' }, {}, /^runbookUrl: 'wiki\/hung' was given; a complete http or https URL is allowed/],
    ['a runbook that is longer than a link', { runbookUrl: `https://wiki.example.com/${'a'.repeat(1000)}` }, {}, /^runbookUrl: a text of 1025 characters .* up to 1024/],
    ['a dump path that is a token', { dumpPath: Lazy.string({ produce: () => '/var/crash' }) }, {}, /dumpPath is .* no token\. Give the same/],
  ])('%s', (_what, props, more, message) => {
    expect(() => setUp(() => props, undefined, more)).toThrow(message);
  });

  test.each<[string, (scope: Stack) => Partial<CrashDumpResponseProps>]>([
    ['a bucket', scope => ({ bucket: Bucket.fromBucketAttributes(scope, 'There', { bucketName: 'dumps', region: 'us-east-1' }) })],
    ['a topic', scope => ({ topic: Topic.fromTopicArn(scope, 'There', 'arn:aws:sns:us-east-1:123456789012:dumps') })],
  ])('%s of another Region, which it cannot reach', (_what, props) => {
    const stack = new Stack(new App(), 'Test', { env: { region: 'eu-west-1', account: '123456789012' } });
    const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump: new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.tag('Kdump', 'on') }) });
    expect(() => new CrashDumpResponse(stack, 'Response', { interrupt, ...props(stack) }))
      .toThrow(/^Test\/Response is in eu-west-1, but Test\/There is in us-east-1, which it cannot reach/);
  });

  test('a FIFO topic, which no person hears of', () => {
    expect(() => setUp(stack => ({ topic: new Topic(stack, 'Ordered', { fifo: true }) })))
      .toThrow(/^Test\/Response: the topic Test\/Ordered is a FIFO topic.*Give a standard topic\.$/);
  });

  test('a group of another account, which it could not keep', () => {
    const stack = new Stack(new App(), 'Test', { env: { region: 'eu-west-1', account: '123456789012' } });
    const there = new Stack(stack.node.root as App, 'There', { env: { region: 'eu-west-1', account: '111122223333' } });
    const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump: new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.tag('Kdump', 'on') }) });
    const autoScalingGroups = [AutoScalingGroup.fromAutoScalingGroupName(there, 'Group', 'web')];
    expect(() => new CrashDumpResponse(stack, 'Response', { interrupt, autoScalingGroups })).toThrow(/but There\/Group is in the account 111122223333/);
  });

  test('but no bucket and no topic of another account, whose policies may let it', () => {
    const stack = new Stack(new App(), 'Test', { env: { region: 'eu-west-1', account: '123456789012' } });
    const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump: new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.tag('Kdump', 'on') }) });
    const bucket = Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'dumps', account: '111122223333' });
    const topic = Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:111122223333:dumps');
    expect(() => new CrashDumpResponse(stack, 'Response', { interrupt, bucket, topic })).not.toThrow();
  });

  test('alarms of another stack, which would make the stacks a circle', () => {
    const { stack, response } = setUp();
    const there = new Stack(stack.node.root as App, 'There');
    const alarm = new UnresponsiveAlarm(there, 'Alarm', { instance: new CfnInstance(there, 'Web') });
    expect(() => response.addFleetWatch(new FleetWatch(there, 'Fleet'))).toThrow(/^There\/Fleet is in another stack than Test\/Interrupt/);
    expect(() => response.addAlarm(alarm)).toThrow(/^There\/Alarm is in another stack than Test\/Interrupt, .* Define it in Test\.$/);
  });

  test('an interrupt of another stack', () => {
    const { stack, interrupt } = setUp();
    expect(() => new CrashDumpResponse(new Stack(stack.node.root as App, 'Other'), 'Response', { interrupt })).toThrow(/is in another stack/);
  });
});

test('counts the workflows that failed, which defines no alarm', () => {
  const { stack, response } = setUp();
  expect(stack.resolve(response.metricFailures().toMetricConfig().metricStat)).toMatchObject({
    namespace: 'AWS/States', metricName: 'ExecutionsFailed', dimensions: [{ name: 'StateMachineArn', value: stack.resolve(response.stateMachine.stateMachineArn) }],
  });
  Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Alarm', 0);
});

test('has metrics of its own, and a dashboard that shows them', () => {
  const { stack, interrupt, response } = setUp(() => ({ contents: DumpContents.KERNEL_LOG_AND_VMCORE }));
  expect(stack.resolve(response.metricResponses(ResponseOutcome.COLLECTED).toMetricConfig().metricStat)).toMatchObject({
    namespace: 'CdkDiagnosticInterrupt', metricName: 'Responses', dimensions: expect.arrayContaining([{ name: 'Outcome', value: 'Collected' }]),
  });
  new CrashDiagnosticsDashboard(stack, 'Dashboard', { interrupt, response });
  const [{ Properties: { DashboardBody } }] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
  const body = JSON.stringify(DashboardBody);
  for (const part of ['InterruptsSent', 'InterruptsRefused', 'Outcome', 'ExecutionsFailed', 'DumpBytes', 'SecondsToReturn', 'Custom:Kdump']) expect(body).toContain(part);
});
