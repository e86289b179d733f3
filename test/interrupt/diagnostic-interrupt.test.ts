import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { DiagnosticInterrupt, DiagnosticInterruptAction, InterruptMode, KdumpAssociation, KdumpTargets, UnresponsiveAlarm } from '../../src';

process.env.CDK_VALIDATION = 'false';

const instanceOf = (stack: Stack, id: string, instanceType = 't3.small') => new ec2.CfnInstance(stack, id, { instanceType });

function interruptFor(targets: (stack: Stack) => KdumpTargets, mode?: InterruptMode) {
  const stack = new Stack(new App(), 'Test');
  const kdump = new KdumpAssociation(stack, 'Kdump', { targets: targets(stack) });
  return { stack, interrupt: new DiagnosticInterrupt(stack, 'Interrupt', { kdump, mode }) };
}

function statement(template: Template, action: string): any {
  const all = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(each => each.Properties.PolicyDocument.Statement);
  const matching = all.filter(each => [each.Action].flat().includes(action));
  expect(matching).toHaveLength(1);
  return matching[0];
}

describe('the permission to interrupt', () => {
  test('is limited to the ARNs of the instances', () => {
    const { stack } = interruptFor(s => KdumpTargets.instances(instanceOf(s, 'A'), instanceOf(s, 'B')));
    const { Resource, Condition, Action } = statement(Template.fromStack(stack), 'ec2:SendDiagnosticInterrupt');
    const arn = (id: string) => ({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':ec2:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':instance/', { Ref: id }]],
    });
    expect(Action).toBe('ec2:SendDiagnosticInterrupt');
    expect(Resource).toEqual([arn('A'), arn('B')]);
    expect(Condition).toBeUndefined();
  });

  test('is limited to instances with the tag', () => {
    const { stack } = interruptFor(() => KdumpTargets.tag('Kdump', 'on'));
    expect(statement(Template.fromStack(stack), 'ec2:SendDiagnosticInterrupt').Condition)
      .toEqual({ StringEquals: { 'aws:ResourceTag/Kdump': ['on'] } });
  });

  test('is limited to instances of the Auto Scaling group', () => {
    const { stack } = interruptFor(s => KdumpTargets.autoScalingGroup(new autoscaling.CfnAutoScalingGroup(s, 'Group', { minSize: '1', maxSize: '1' })));
    expect(statement(Template.fromStack(stack), 'ec2:SendDiagnosticInterrupt').Condition)
      .toEqual({ StringEquals: { 'aws:ResourceTag/aws:autoscaling:groupName': [{ Ref: 'Group' }] } });
  });

  test('follows the targets of the interrupt where they are fewer than those of kdump', () => {
    const stack = new Stack(new App(), 'Test');
    const [a, b] = [instanceOf(stack, 'A', 't4g.small'), instanceOf(stack, 'B')];
    const kdump = new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.instances(a, b) });
    new DiagnosticInterrupt(stack, 'Interrupt', { kdump, targets: KdumpTargets.instance(b) });
    expect(JSON.stringify(statement(Template.fromStack(stack), 'ec2:SendDiagnosticInterrupt').Resource)).not.toContain('"A"');
    Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
  });
});

test('refuses targets of another Region', () => {
  const app = new App();
  const [here, there] = ['eu-west-1', 'us-east-1'].map(region => new Stack(app, region, { env: { region, account: '123456789012' } }));
  const kdump = new KdumpAssociation(here, 'Kdump', { targets: KdumpTargets.tag('Kdump', 'on') });
  expect(() => new DiagnosticInterrupt(here, 'Interrupt', { kdump, targets: KdumpTargets.instance(instanceOf(there, 'A')) }))
    .toThrow(/eu-west-1\/Interrupt is in eu-west-1, but us-east-1\/A is in us-east-1/);
});

describe('the permission to read readiness', () => {
  test('is limited to the instances', () => {
    const { stack } = interruptFor(s => KdumpTargets.instance(instanceOf(s, 'A')));
    const { Resource } = statement(Template.fromStack(stack), 'ssm:DescribeInstanceAssociationsStatus');
    expect(JSON.stringify(Resource)).toMatch(/:instance\/.*"Ref":"A"/);
  });

  test('is limited to instances with the tag', () => {
    const { stack } = interruptFor(() => KdumpTargets.tag('Kdump', 'on'));
    expect(statement(Template.fromStack(stack), 'ssm:DescribeInstanceAssociationsStatus').Condition)
      .toEqual({ StringEquals: { 'ssm:resourceTag/Kdump': ['on'] } });
  });
});

describe('the function', () => {
  test('runs on the current Node runtime with a role and a log group of its own, and logs JSON', () => {
    const { stack } = interruptFor(s => KdumpTargets.instance(instanceOf(s, 'A')));
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': [Match.stringLikeRegexp('InterruptRole'), 'Arn'] },
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: Match.stringLikeRegexp('InterruptLogGroup') } },
    });
    template.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain', Properties: { RetentionInDays: 180 } });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 300 });
  });

  test.each([[undefined, 'armed'], [InterruptMode.DRY_RUN, 'dryRun']])('is told its policy: mode %s is %s', (mode, rendered) => {
    const { stack } = interruptFor(() => KdumpTargets.tag('Kdump', 'on'), mode);
    const variable = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'))[0]
      .Properties.Environment.Variables.INTERRUPT_POLICY;
    const json = variable['Fn::Join'][1].map((part: any) => typeof part === 'string' ? part : 'the-association').join('');
    expect(JSON.parse(json)).toEqual({ mode: rendered, targets: { tag: { key: 'Kdump', values: ['on'] } }, associationId: 'the-association' });
  });
});

describe('instance types that are known at synth', () => {
  const group = (s: Stack, props: Partial<autoscaling.CfnAutoScalingGroupProps>) =>
    KdumpTargets.autoScalingGroup(new autoscaling.CfnAutoScalingGroup(s, 'Group', { minSize: '1', maxSize: '1', ...props }));
  const template = (s: Stack, instanceType: string) => new ec2.CfnLaunchTemplate(s, 'Template', { launchTemplateData: { instanceType } });
  const version = (t: ec2.CfnLaunchTemplate) => ({ launchTemplateId: t.ref, version: t.attrLatestVersionNumber });

  test.each<[string, (s: Stack) => KdumpTargets, string]>([
    ['a Xen type', s => KdumpTargets.instance(instanceOf(s, 'A', 't2.micro')), 'UnsupportedInstanceType.*t2.micro.*Xen'],
    ['a Graviton type', s => KdumpTargets.instance(instanceOf(s, 'A', 'm7gd.large')), 'UnsupportedArchitecture.*m7gd.large.*Arm'],
    ['a1', s => KdumpTargets.instance(instanceOf(s, 'A', 'a1.large')), 'UnsupportedArchitecture.*a1.large'],
    ['bare metal', s => KdumpTargets.instance(instanceOf(s, 'A', 'm5.metal')), 'BareMetal.*m5.metal'],
    ['a bad one among good ones', s => KdumpTargets.instances(instanceOf(s, 'A'), instanceOf(s, 'B', 'c7g.large')), 'c7g.large'],
    ['the type of a launch template', s => group(s, { launchTemplate: version(template(s, 'i3.large')) }), 'i3.large.*Xen'],
    ['a type of a mixed group', s => group(s, {
      mixedInstancesPolicy: {
        launchTemplate: {
          launchTemplateSpecification: version(template(s, 'm5.large')),
          overrides: [{ instanceType: 'm5.large' }, { instanceType: 'm6g.large' }],
        },
      },
    }), 'm6g.large.*Arm'],
  ])('refuses %s', (_, targets, message) => {
    const { stack } = interruptFor(targets);
    Annotations.fromStack(stack).hasError('/Test/Interrupt', Match.stringLikeRegexp(message));
  });

  test.each(['t3.micro', 'm5.large', 'g5.xlarge', 'g4dn.xlarge', 'i3en.large', 'p3dn.24xlarge', 'x2iedn.xlarge', 'u-6tb1.112xlarge', 'c7i-flex.large'])(
    'takes %s', type => {
      const { stack } = interruptFor(s => KdumpTargets.instance(instanceOf(s, 'A', type)));
      Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
    });

  test.each(['t4g.nano', 'c7gn.large', 'im4gn.large', 'is4gen.large', 'g5g.xlarge', 'hpc7g.4xlarge', 'x2gd.large', 'p6e-gb200.36xlarge'])(
    'refuses the Arm type %s', type => {
      const { stack } = interruptFor(s => KdumpTargets.instance(instanceOf(s, 'A', type)));
      Annotations.fromStack(stack).hasError('*', Match.stringLikeRegexp('UnsupportedArchitecture'));
    });

  test('kdump alone is configured on a Graviton instance', () => {
    const stack = new Stack(new App(), 'Test');
    new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.instance(instanceOf(stack, 'A', 't4g.small')) });
    Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
  });
});

describe('the alarm action', () => {
  test('lets this alarm alone invoke the function, and the function read this alarm', () => {
    const { stack, interrupt } = interruptFor(s => KdumpTargets.instance(instanceOf(s, 'A')));
    const instance = stack.node.findChild('A') as ec2.CfnInstance;
    for (const id of ['One', 'Two']) {
      new UnresponsiveAlarm(stack, id, { instance }).addAlarmAction(new DiagnosticInterruptAction(interrupt));
    }
    const template = Template.fromStack(stack); // throws on circular references
    const arnOf = (id: string) => ({ 'Fn::GetAtt': [Match.stringLikeRegexp(id), 'Arn'] });
    for (const id of ['One', 'Two']) {
      template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'lambda.alarms.cloudwatch.amazonaws.com', SourceArn: arnOf(id) });
      template.hasResourceProperties('AWS::IAM::Policy', {
        PolicyDocument: { Statement: [{ Action: 'cloudwatch:DescribeAlarms', Effect: 'Allow', Resource: arnOf(id) }] },
      });
    }
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [arnOf('InterruptFunction')] });
  });

  test('refuses an alarm of another Region', () => {
    const app = new App();
    const here = new Stack(app, 'Here', { env: { region: 'eu-west-1', account: '123456789012' } });
    const there = new Stack(app, 'There', { env: { region: 'us-east-1', account: '123456789012' } });
    const interrupt = new DiagnosticInterrupt(here, 'Interrupt', {
      kdump: new KdumpAssociation(here, 'Kdump', { targets: KdumpTargets.tag('Kdump', 'on') }),
    });
    const alarm = new Alarm(there, 'Alarm', { metric: new Metric({ namespace: 'AWS/EC2', metricName: 'm' }), threshold: 1, evaluationPeriods: 1 });
    expect(() => alarm.addAlarmAction(new DiagnosticInterruptAction(interrupt))).toThrow(/Here\/Interrupt is in eu-west-1, but There\/Alarm is in us-east-1/);
  });
});
