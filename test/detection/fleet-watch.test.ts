import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { FleetWatch, FleetWatchProps } from '../../src';

process.env.CDK_VALIDATION = 'false';

function setUp(props?: FleetWatchProps) {
  const stack = new Stack(new App(), 'Test');
  return { stack, watch: new FleetWatch(stack, 'Fleet', props) };
}

const arnOf = (prefix: string) => ({ 'Fn::GetAtt': [Match.stringLikeRegexp(`^${prefix}`), 'Arn'] });

test('looks once a minute, and no look is repeated', () => {
  const template = Template.fromStack(setUp().stack);
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [{ Arn: arnOf('FleetFunction'), RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 } }],
  });
  template.hasResourceProperties('AWS::Lambda::Function', { Handler: 'fleet-watch.handler', Timeout: 50 });
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 });
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
