import { App, Duration, NestedStack, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  CrashDiagnosticsDashboard, CrashDumpResponse, DiagnosticInterrupt, FleetWatch, FleetWatchProps, InterruptMode, InterruptReadiness, KdumpAssociation,
  KdumpTargets,
} from '../../src';

process.env.CDK_VALIDATION = 'false';

function setUp(props?: FleetWatchProps) {
  const stack = new Stack(new App(), 'Test');
  return { stack, watch: new FleetWatch(stack, 'Fleet', props) };
}

const arnOf = (prefix: string) => ({ 'Fn::GetAtt': [Match.stringLikeRegexp(`^${prefix}`), 'Arn'] });

test('looks once a minute, and no look is repeated, or made up for when it is too late', () => {
  const template = Template.fromStack(setUp().stack);
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [{ Arn: arnOf('FleetFunction'), RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 } }],
  });
  template.hasResourceProperties('AWS::Lambda::Function', { Handler: 'fleet-watch.handler', Timeout: 50 });
  // Lambda keeps what it throttles for six hours otherwise, and has it all run at once then.
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
});

test('waits as long as it is told', () => {
  for (const [props, seconds] of [[undefined, '180'], [{ unresponsiveFor: Duration.hours(3) }, '10800']] as const) {
    Template.fromStack(setUp(props).stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { UNRESPONSIVE_SECONDS: seconds, TABLE_NAME: { Ref: Match.stringLikeRegexp('^FleetTold') } } },
    });
  }
});

test('may look, remember and tell, and nothing more', () => {
  const template = Template.fromStack(setUp().stack);
  const [{ Properties: { PolicyDocument: { Statement } } }] = Object.values(template.findResources('AWS::IAM::Policy'));
  expect(Statement.filter(({ Sid }: { Sid?: string }) => Sid)).toEqual([
    { Sid: 'Look', Effect: 'Allow', Action: 'ec2:DescribeInstanceStatus', Resource: '*' },
    { Sid: 'Remember', Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:PutItem'], Resource: { 'Fn::GetAtt': [expect.stringMatching(/^FleetTold/), 'Arn'] } },
    {
      Sid: 'Tell',
      Effect: 'Allow',
      Action: 'events:PutEvents',
      Resource: expect.objectContaining({ 'Fn::Join': expect.arrayContaining([expect.arrayContaining([':event-bus/default'])]) }),
      Condition: {
        'ForAllValues:StringEquals': { 'events:source': 'cdk-diagnostic-interrupt', 'events:detail-type': 'EC2 Instance Unresponsive' },
        'Null': { 'events:source': 'false', 'events:detail-type': 'false' },
      },
    },
  ]);
  expect(Statement).toHaveLength(4); // the other one writes the log
});

test('hands the instances that become unresponsive to a target', () => {
  const { stack, watch } = setUp();
  // The target knows the watch and the rule knows the target: that must be no circle.
  const target = new Function(stack, 'Target', {
    runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('x'), environment: { WATCH: watch.function.functionArn },
  });
  watch.onUnresponsive('ToTarget', new LambdaFunction(target, { deadLetterQueue: new Queue(stack, 'Undelivered'), retryAttempts: 3 }));
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Events::Rule', {
    Description: 'An instance has become unresponsive',
    EventPattern: {
      'source': ['cdk-diagnostic-interrupt'],
      'detail-type': ['EC2 Instance Unresponsive'],
      'detail': { watch: [{ Ref: Match.stringLikeRegexp('^FleetFunction') }] },
    },
    Targets: [{ Arn: arnOf('Target'), DeadLetterConfig: { Arn: arnOf('Undelivered') }, RetryPolicy: { MaximumRetryAttempts: 3 } }],
  });
});

describe('does not look before whoever is told listens, which makes no circle', () => {
  const env = { account: '123456789012', region: 'eu-west-1' };
  const byTag = KdumpTargets.tag('Kdump', 'on');
  const idOf = (prefix: string) => Match.stringLikeRegexp(`^${prefix}`);
  /** A target that knows the watch. */
  const target = (scope: Construct, watch: FleetWatch) => new LambdaFunction(new Function(scope, 'Target', {
    runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('x'), environment: { WATCH: watch.function.functionArn },
  }));

  test.each<[string, string[], (stack: Stack, watch: FleetWatch) => unknown]>([
    ['an interrupt', ['FleetToTestInterrupt'], (stack, watch) => {
      const kdump = new KdumpAssociation(stack, 'Kdump', { targets: byTag });
      new DiagnosticInterrupt(stack, 'Interrupt', { kdump, encryptionKey: new Key(stack, 'Key') }).addFleetWatch(watch);
    }],
    ['a workflow', ['FleetToTestInterrupt'], (stack, watch) => {
      const [kdump, encryptionKey] = [new KdumpAssociation(stack, 'Kdump', { targets: byTag }), new Key(stack, 'Key')];
      const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump, encryptionKey });
      new InterruptReadiness(stack, 'Readiness', { interrupt });
      new CrashDumpResponse(stack, 'Response', { interrupt, encryptionKey }).addFleetWatch(watch);
    }],
    ['an interrupt, and a workflow of another one', ['FleetToTestRehearsal', 'FleetToTestInterrupt'], (stack, watch) => {
      const kdump = new KdumpAssociation(stack, 'Kdump', { targets: byTag });
      new DiagnosticInterrupt(stack, 'Rehearsal', { kdump, mode: InterruptMode.DRY_RUN }).addFleetWatch(watch);
      const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump });
      const response = new CrashDumpResponse(stack, 'Response', { interrupt });
      response.addFleetWatch(watch);
      new CrashDiagnosticsDashboard(stack, 'Dashboard', { interrupt, response, fleetWatch: watch });
    }],
    ['a target of one\'s own', ['FleetOne', 'FleetTwo'], (stack, watch) => {
      const mine = target(stack, watch);
      watch.onUnresponsive('One', mine);
      watch.onUnresponsive('Two', mine);
    }],
    ['a target of another stack', ['FleetOther'], (stack, watch) => {
      const other = new Stack(stack.node.root as App, 'Other', { env });
      watch.onUnresponsive('Other', new LambdaFunction(new Function(other, 'Target', {
        runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('x'),
      })));
    }],
    ['a target of a nested stack', ['FleetNested'], (stack, watch) => {
      watch.onUnresponsive('Nested', target(new NestedStack(stack, 'Within'), watch));
    }],
  ])('%s', (_what, rules, wire) => {
    const stack = new Stack(new App(), 'Test', { env });
    wire(stack, new FleetWatch(stack, 'Fleet'));
    (stack.node.root as App).synth(); // throws on circles of stacks
    // Throws on circles of resources.
    Template.fromStack(stack).hasResource('AWS::Events::Rule', {
      Properties: { ScheduleExpression: 'rate(1 minute)' },
      DependsOn: Match.arrayWith([...rules].sort().map(idOf)),
    });
  });
});

test('counts the looks that failed', () => {
  const { stack, watch } = setUp();
  expect(stack.resolve(watch.metricFailures().toMetricConfig().metricStat)).toMatchObject({
    namespace: 'AWS/Lambda', metricName: 'Errors', dimensions: [{ name: 'FunctionName', value: { Ref: expect.stringMatching(/^FleetFunction/) } }],
  });
});

test('warns of nothing', () => {
  const { stack } = setUp();
  (stack.node.root as App).synth();
  expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
});

test.each([Duration.seconds(90), Duration.seconds(0), Duration.minutes(181)])('refuses %s', unresponsiveFor => {
  expect(() => setUp({ unresponsiveFor })).toThrow(/^unresponsiveFor: .* whole minutes from 1 to 180 are allowed/);
});

test('refuses a time that is a token', () => {
  expect(() => setUp({ unresponsiveFor: Duration.minutes(Token.asNumber({ Ref: 'Minutes' })) })).toThrow(/^unresponsiveFor: it is a token/);
});
