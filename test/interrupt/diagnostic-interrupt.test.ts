import { App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import {
  CircuitBreaker, DiagnosticInterrupt, DiagnosticInterruptProps, InterruptMode, KdumpAssociation, KdumpTargets, UnresponsiveSignal, WhenNotArmed,
} from '../../src';
import { readPolicy } from '../../src/interrupt/read-policy';

process.env.CDK_VALIDATION = 'false';

const instanceOf = (stack: Stack, id: string, instanceType = 't3.small') => new ec2.CfnInstance(stack, id, { instanceType });
const byTag = () => KdumpTargets.tag('Kdump', 'on');

function interruptFor(targets: (stack: Stack) => KdumpTargets, props: Partial<DiagnosticInterruptProps> = {}) {
  const stack = new Stack(new App(), 'Test');
  const kdump = new KdumpAssociation(stack, 'Kdump', { targets: targets(stack) });
  return { stack, interrupt: new DiagnosticInterrupt(stack, 'Interrupt', { kdump, ...props }) };
}

function statements(template: Template, action: string): any[] {
  const all = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(each => each.Properties.PolicyDocument.Statement);
  return all.filter(each => [each.Action].flat().includes(action));
}

function statement(template: Template, action: string): any {
  const matching = statements(template, action);
  expect(matching).toHaveLength(1);
  return matching[0];
}

/** The policy as the function gets it, once instances, table and association have their names. */
function policyOf(stack: Stack) {
  const { INTERRUPT_POLICY: variable } = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'))[0]
    .Properties.Environment.Variables;
  const named = (part: any) => typeof part === 'string' ? part : part.Ref?.includes('Claims') ? 'the-table'
    : part.Ref?.startsWith('Instance') ? 'i-0123456789abcdef0' : 'the-association';
  return readPolicy(variable['Fn::Join'][1].map(named).join(''));
}

describe.each(['ec2:SendDiagnosticInterrupt', 'ssm:DescribeInstanceAssociationsStatus'])('the permission %s', action => {
  const conditionKeys = action.startsWith('ec2') ? ['aws:ResourceTag'] : ['ssm:resourceTag', 'aws:ResourceTag'];
  const expectLimited = (stack: Stack, tag: string, value: unknown) => (
    expect(statements(Template.fromStack(stack), action).map(each => each.Condition)).toEqual(conditionKeys.map(key => ({ StringEquals: { [`${key}/${tag}`]: [value] } })))
  );

  test('is limited to the ARNs of the instances', () => {
    const { stack } = interruptFor(s => KdumpTargets.instances(instanceOf(s, 'A'), instanceOf(s, 'B')));
    const { Resource, Condition } = statement(Template.fromStack(stack), action);
    const arn = (id: string) => ({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':ec2:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':instance/', { Ref: id }]],
    });
    expect(Resource).toEqual([arn('A'), arn('B')]);
    expect(Condition).toBeUndefined();
  });

  test('is limited to instances with the tag', () => {
    const { stack } = interruptFor(byTag);
    expectLimited(stack, 'Kdump', 'on');
  });

  test('is limited to instances of the Auto Scaling group', () => {
    const { stack } = interruptFor(s => KdumpTargets.autoScalingGroup(new autoscaling.CfnAutoScalingGroup(s, 'Group', { minSize: '1', maxSize: '1' })));
    expectLimited(stack, 'aws:autoscaling:groupName', { Ref: 'Group' });
  });

  test('follows the targets of the interrupt where they are fewer than those of kdump', () => {
    const stack = new Stack(new App(), 'Test');
    const [a, b] = [instanceOf(stack, 'A', 't4g.small'), instanceOf(stack, 'B')];
    const kdump = new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.instances(a, b) });
    new DiagnosticInterrupt(stack, 'Interrupt', { kdump, targets: KdumpTargets.instance(b) });
    expect(JSON.stringify(statement(Template.fromStack(stack), action).Resource)).not.toContain('"A"');
    Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
  });
});

test('refuses targets of another Region', () => {
  const app = new App();
  const [here, there] = ['eu-west-1', 'us-east-1'].map(region => new Stack(app, region, { env: { region, account: '123456789012' } }));
  const kdump = new KdumpAssociation(here, 'Kdump', { targets: byTag() });
  expect(() => new DiagnosticInterrupt(here, 'Interrupt', { kdump, targets: KdumpTargets.instance(instanceOf(there, 'A')) }))
    .toThrow(/eu-west-1\/Interrupt is in eu-west-1, but us-east-1\/A is in us-east-1/);
});

test('refuses kdump of another Region, whose status it would not find', () => {
  const app = new App();
  const [here, there] = ['eu-west-1', 'us-east-1'].map(region => new Stack(app, region, { env: { region, account: '123456789012' } }));
  const kdump = new KdumpAssociation(there, 'Kdump', { targets: byTag() });
  expect(() => new DiagnosticInterrupt(here, 'Interrupt', { kdump })).toThrow(/eu-west-1\/Interrupt is in eu-west-1, but us-east-1\/Kdump is in us-east-1/);
});

test('the function runs on the current Node runtime with a role and a log group of its own, and logs JSON', () => {
  const template = Template.fromStack(interruptFor(s => KdumpTargets.instance(instanceOf(s, 'A'))).stack);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Runtime: 'nodejs24.x',
    Timeout: 30,
    MemorySize: 512,
    Role: { 'Fn::GetAtt': [Match.stringLikeRegexp('InterruptRole'), 'Arn'] },
    LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: Match.stringLikeRegexp('InterruptLogGroup') } },
    VpcConfig: Match.absent(),
  });
  template.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain', Properties: { RetentionInDays: 180 } });
  template.hasResourceProperties('AWS::IAM::Role', {
    Description: Match.stringLikeRegexp('diagnostic interrupts'), ManagedPolicyArns: Match.absent(),
  });
});

test('what fails is tried again twice, then kept in an encrypted queue that takes nothing unencrypted, and counted', () => {
  const { stack, interrupt } = interruptFor(byTag);
  const template = Template.fromStack(stack);
  const queue = Match.stringLikeRegexp('^InterruptFailures');
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    MaximumRetryAttempts: 2,
    MaximumEventAgeInSeconds: 300,
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue, 'Arn'] } } },
  });
  template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 });
  template.hasResourceProperties('AWS::SQS::QueuePolicy', {
    PolicyDocument: { Statement: [Match.objectLike({ Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })] },
  });
  const { metricStat } = interrupt.metricFailures().toMetricConfig();
  expect(metricStat).toMatchObject({
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    statistic: 'Maximum',
    period: Duration.minutes(1),
    dimensions: [{ name: 'QueueName', value: interrupt.failures.queueName }],
  });
  expect(stack.resolve(statement(template, 'sqs:SendMessage').Resource)).toEqual(stack.resolve(interrupt.failures.queueArn));
});

test('claims lie in a table that is encrypted, recoverable and billed by use, and forgets them', () => {
  Template.fromStack(interruptFor(byTag).stack).hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Delete',
    Properties: {
      KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }, { AttributeName: 'name', KeyType: 'RANGE' }],
      AttributeDefinitions: [{ AttributeName: 'kind', AttributeType: 'S' }, { AttributeName: 'name', AttributeType: 'S' }],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: false }, // CloudFormation's way to say: by a key that AWS owns
    },
  });
});

describe('the policy that the function gets', () => {
  const BY_DEFAULT = {
    mode: 'armed',
    targets: { tag: { key: 'Kdump', values: ['on'] } },
    associationId: 'the-association',
    minimumImpairedSeconds: 60,
    maximumEventAgeSeconds: 600,
    maximumReadinessAgeSeconds: 3 * 24 * 3600,
    whenNotArmed: 'refuse',
    bareMetal: 'refuse',
    signals: [],
    gameDays: false,
    claims: { tableName: 'the-table', cooldownSeconds: 6 * 3600, windowSeconds: 3600, limit: { count: 1 } },
  };

  test('is cautious by default, and one that the function accepts', () => {
    expect(policyOf(interruptFor(byTag).stack)).toEqual(BY_DEFAULT);
  });

  test.each<[Partial<DiagnosticInterruptProps>, object]>([
    [{ mode: InterruptMode.DRY_RUN }, { mode: 'dryRun' }],
    [{ minimumImpairedTime: Duration.seconds(0) }, { minimumImpairedSeconds: 0 }],
    [{ minimumImpairedTime: Duration.hours(1) }, { minimumImpairedSeconds: 3600 }],
    [{ maximumEventAge: Duration.minutes(1) }, { maximumEventAgeSeconds: 60 }],
    [{ maximumReadinessAge: Duration.days(365) }, { maximumReadinessAgeSeconds: 365 * 24 * 3600 }],
    [{ whenNotArmed: WhenNotArmed.INTERRUPT }, { whenNotArmed: 'interrupt' }],
    [{ allowBareMetal: true }, { bareMetal: 'interrupt' }],
    [{ cooldown: Duration.days(30) }, { claims: { ...BY_DEFAULT.claims, cooldownSeconds: 30 * 24 * 3600 } }],
    [{ circuitBreaker: CircuitBreaker.atMost(3, Duration.minutes(5)) }, {
      claims: { ...BY_DEFAULT.claims, windowSeconds: 300, limit: { count: 3 } },
    }],
    [{ circuitBreaker: CircuitBreaker.atMostShare(2.5, Duration.days(1)) }, {
      claims: { ...BY_DEFAULT.claims, windowSeconds: 24 * 3600, limit: { percent: 2.5 } },
    }],
    // The status check needs no mention: it is looked at anyway, and vouches for nothing beyond it.
    [{ signals: [UnresponsiveSignal.instanceStatusCheck(), UnresponsiveSignal.cloudWatchAgentHeartbeat()] }, {
      signals: [{ namespace: 'CWAgent', metricName: 'mem_used_percent' }],
    }],
  ])('with %j, has %j and the rest as it was', (props, rendered) => {
    expect(policyOf(interruptFor(byTag, props).stack)).toEqual({ ...BY_DEFAULT, ...rendered });
  });

  test('names the instances that are known', () => {
    const { stack } = interruptFor(s => KdumpTargets.instances(instanceOf(s, 'InstanceA'), instanceOf(s, 'InstanceB')));
    expect(policyOf(stack).targets).toEqual({ instanceIds: ['i-0123456789abcdef0', 'i-0123456789abcdef0'] });
  });

  test.each<[keyof DiagnosticInterruptProps, Duration[], string]>([
    ['cooldown', [Duration.seconds(59), Duration.days(31)], '1 minute to 30 days'],
    ['minimumImpairedTime', [Duration.minutes(61)], '0 seconds to 1 hour'],
    ['maximumEventAge', [Duration.seconds(59), Duration.hours(7)], '1 minute to 6 hours'],
    ['maximumReadinessAge', [Duration.minutes(59), Duration.days(366)], '1 hour to 365 days'],
  ])('refuses %s out of its range, and as a token', (name, given, range) => {
    for (const duration of [...given, Duration.minutes(Lazy.number({ produce: () => 70 }))]) {
      expect(() => interruptFor(byTag, { [name]: duration })).toThrow(new RegExp(`^${name}: .*; a literal Duration from ${range} is allowed\\.$`));
    }
  });
});

describe('the 4 KB that Lambda has for environment variables', () => {
  const signal = (at: number) => UnresponsiveSignal.heartbeat({ namespace: 'MyCompany/Heartbeats', metricName: `ServiceNumber${at}` });

  test('are enough for 50 instances with 10 signals', () => {
    const { stack } = interruptFor(s => KdumpTargets.instances(...Array.from({ length: 50 }, (_, at) => instanceOf(s, `Instance${at}`))), {
      signals: Array.from({ length: 10 }, (_, at) => signal(at)),
      cooldown: Duration.days(30),
      circuitBreaker: CircuitBreaker.atMostShare(33.3333, Duration.days(7)),
    });
    const policy = policyOf(stack);
    expect(policy.targets).toHaveProperty('instanceIds.length', 50);
    // As Lambda measures them: quotes count twice.
    expect(JSON.stringify({ INTERRUPT_POLICY: JSON.stringify(policy) }).length).toBeLessThan(4096);
  });

  test.each<[string, KdumpTargets, Partial<DiagnosticInterruptProps>]>([
    ['tag values', KdumpTargets.tag('Kdump', ...Array.from({ length: 50 }, (_, at) => `${at}`.padEnd(100, 'x'))), {}],
    ['tag values of several bytes', KdumpTargets.tag('Kdump', ...Array.from({ length: 20 }, (_, at) => `${at}`.padEnd(100, '\u00e9'))), {}],
    ['signals', byTag(), { signals: Array.from({ length: 50 }, (_, at) => signal(at)) }],
  ])('refuses %s that do not fit', (_, targets, props) => {
    expect(() => interruptFor(() => targets, props))
      .toThrow(/^targets and signals: they make the policy of the function about \d{4,} bytes long; 3796 are allowed, .* or give fewer signals\.$/);
  });
});
