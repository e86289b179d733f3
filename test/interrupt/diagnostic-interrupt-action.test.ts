import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Alarm, AlarmRule, AlarmState, CompositeAlarm, MathExpression, Metric, PromQLAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import {
  CrashDumpResponse, DiagnosticInterrupt, DiagnosticInterruptAction, FleetWatch, InterruptMode, InterruptOccasion, InterruptReadiness,
  InterruptTrigger, KdumpAssociation, KdumpTargets, UnresponsiveAlarm,
} from '../../src';

process.env.CDK_VALIDATION = 'false';

const READ = 'cloudwatch:DescribeAlarms';
const arnOf = (id: string) => ({ 'Fn::GetAtt': [Match.stringLikeRegexp(id), 'Arn'] });
const ELSEWHERE = { env: { region: 'us-east-1', account: '123456789012' } };

function setUp() {
  const stack = new Stack(new App(), 'Test', { env: { region: 'eu-west-1', account: '123456789012' } });
  const instance = new CfnInstance(stack, 'A', { instanceType: 't3.small' });
  const kdump = new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.instance(instance) });
  const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump });
  const watch = (id: string, scope: Stack = stack) => new UnresponsiveAlarm(scope, id, { instance });
  return { stack, instance, interrupt, watch, action: DiagnosticInterruptAction.of(interrupt) };
}

test('lets these alarms alone invoke the function, and the function read these alarms', () => {
  const { stack, watch, action } = setUp();
  for (const id of ['One', 'Two']) watch(id).addAlarmAction(action);
  const template = Template.fromStack(stack); // throws on circular references
  for (const id of ['One', 'Two']) {
    template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'lambda.alarms.cloudwatch.amazonaws.com', SourceArn: arnOf(id) });
    template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [{ Action: READ, Effect: 'Allow', Resource: arnOf(id) }] } });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'StatusCheckFailed_Instance', AlarmActions: [arnOf('InterruptFunction')] });
  }
  template.resourceCountIs('AWS::Lambda::Permission', 2);
});

test('lets the function read a composite alarm, which CloudWatch shows only to those who may read all, and no other way', () => {
  const { stack, watch, action } = setUp();
  const alarms = ['One', 'Two'].map(id => AlarmRule.fromAlarm(watch(id), AlarmState.ALARM));
  new CompositeAlarm(stack, 'Both', { alarmRule: AlarmRule.allOf(...alarms) }).addAlarmAction(action);
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::CloudWatch::CompositeAlarm', { AlarmActions: [arnOf('InterruptFunction')] });
  template.hasResourceProperties('AWS::Lambda::Permission', { SourceArn: arnOf('Both') });
  template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [{ Action: READ, Effect: 'Allow', Resource: '*' }] } });
});

test('lets the function read an imported alarm as a composite one, which it may be', () => {
  const { stack, interrupt } = setUp();
  const alarm = CompositeAlarm.fromCompositeAlarmArn(stack, 'Both', 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:both');
  new CrashDumpResponse(stack, 'Response', { interrupt }).addAlarm(alarm);
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [{ Action: READ, Effect: 'Allow', Resource: '*' }] } });
});

test('takes an alarm of another stack, without a circle of the stacks', () => {
  const { stack, watch, action } = setUp();
  const other = new Stack(stack.node.root as App, 'Other', { env: { region: stack.region, account: stack.account } });
  watch('One', other).addAlarmAction(action);
  Template.fromStack(other).resourceCountIs('AWS::Lambda::Permission', 1);
  Template.fromStack(other).resourceCountIs('AWS::IAM::Policy', 1);
  expect(stack.dependencies).toEqual([]);
});

test('what lets the function read has a name of its own in each stack, also in those that are made alike', () => {
  const { stack, instance, interrupt, watch, action } = setUp();
  const alike = ['One', 'Two'].map(id => new Stack(stack.node.root as App, id, { env: { region: stack.region, account: stack.account } }));
  for (const each of alike) {
    const alarm = watch('Unresponsive', each);
    alarm.addAlarmAction(action);
    new InterruptTrigger(each, 'Trigger', { interrupt, instance, occasion: InterruptOccasion.alarm(alarm), revision: '1' });
    new InterruptReadiness(each, 'Readiness', { interrupt });
  }
  const names = alike.flatMap(each => Object.values(Template.fromStack(each).findResources('AWS::IAM::Policy')).map(policy => policy.Properties.PolicyName));
  expect(names).toHaveLength(6);
  // IAM keeps one inline policy of a name on a role: that of whichever stack was deployed last.
  expect(new Set(names).size).toBe(6);
  names.forEach(name => expect(name).toMatch(/^\w{1,128}$/));
});

test('may be given twice to an alarm, and beside a rehearsal of another interrupt', () => {
  const { stack, interrupt, watch, action } = setUp();
  const rehearsal = new DiagnosticInterrupt(stack, 'Rehearsal', { kdump: interrupt._kdump, mode: InterruptMode.DRY_RUN });
  const [one, fleet] = [watch('One'), new FleetWatch(stack, 'Fleet')];
  [action, action, DiagnosticInterruptAction.of(rehearsal)].forEach(each => one.addAlarmAction(each));
  [interrupt, rehearsal].forEach(each => each.addFleetWatch(fleet));
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Events::Rule', 3); // the watch's schedule is one
  template.resourceCountIs('AWS::Lambda::Permission', 5);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: [arnOf('InterruptFunction'), arnOf('InterruptFunction'), arnOf('RehearsalFunction')],
  });
});

test('takes 20 alarms, whose policies fit into the limits, and refuses one more', () => {
  const { stack, watch, action } = setUp();
  for (let at = 1; at <= 20; at++) watch(`UnresponsiveWebServerInstance${at}`).addAlarmAction(action);
  const template = Template.fromStack(stack);
  // References stand for names of at most 128 characters; these are usual lengths. IAM counts no white space.
  const length = (value: unknown) => JSON.stringify(value).replace(/\{"(Ref|Fn::GetAtt)":("[^"]*"|\[[^\]]*\])\}/g, '"arn:aws:service:eu-west-1:123456789012:type:'
    .padEnd(120, 'x') + '"').length;
  const policies = Object.values(template.findResources('AWS::IAM::Policy')).filter(each => JSON.stringify(each).includes('InterruptRole'));
  expect(policies).toHaveLength(21);
  expect(length(policies.map(each => each.Properties.PolicyDocument))).toBeLessThan(10_240);
  expect(length(Object.values(template.findResources('AWS::Lambda::Permission')).map(each => each.Properties))).toBeLessThan(20 * 1024 / 1.5);

  expect(() => watch('OneMore').addAlarmAction(action))
    .toThrow(/^Test\/Interrupt: Test\/OneMore is its alarm number 21; 20 are allowed.*one FleetWatch.*several DiagnosticInterrupts\.$/);
});

describe('the 10,240 characters that the inline policies of a role have', () => {
  function alarmsOf(count: number, targets: (stack: Stack) => KdumpTargets, name: (at: number) => string, stackName = 'Production') {
    const stack = new Stack(new App(), stackName);
    const kdump = new KdumpAssociation(stack, 'Kdump', { targets: targets(stack) });
    const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump });
    const instance = new CfnInstance(stack, 'Watched', { instanceType: 't3.small' });
    for (let at = 1; at <= count; at++) new UnresponsiveAlarm(stack, name(at), { instance }).addAlarmAction(DiagnosticInterruptAction.of(interrupt));
    return stack;
  }
  const known = (count: number) => (stack: Stack) => KdumpTargets.instances(...Array.from({ length: count }, (_, at) => new CfnInstance(stack, `I${at}`)));
  const tagged = (count: number, length: number) => () =>
    KdumpTargets.tag('Kdump', ...Array.from({ length: count }, (_, at) => `${at}`.padEnd(length, 'x')));

  test.each<[string, number, (stack: Stack) => KdumpTargets]>([
    ['20 alarms beside 50 instances', 20, known(50)],
    ['20 alarms beside a few values of a tag', 20, tagged(5, 40)],
    ['a few alarms beside as many values as the function takes', 5, tagged(50, 55)],
  ])('are enough for %s', (_, count, targets) => {
    const template = Template.fromStack(alarmsOf(count, targets, at => `Alarm${at}`));
    const texts = Object.values(template.findResources('AWS::IAM::Policy')).filter(each => JSON.stringify(each.Properties.Roles).includes('InterruptRole'))
      .map(each => JSON.stringify(each.Properties.PolicyDocument, (__, value) => value?.Ref?.startsWith('I') ? 'i-0123456789abcdef0'
        : value?.Ref === 'AWS::Region' ? 'ap-southeast-2' : value?.Ref === 'AWS::AccountId' ? '123456789012' : value?.Ref === 'AWS::Partition' ? 'aws'
          : value?.Ref || value?.['Fn::GetAtt'] ? 'x'.repeat(110) : value?.['Fn::Join'] ? value['Fn::Join'][1].join('') : value));
    expect(texts.join('').length).toBeLessThan(10_240);
  });

  test.each<[string, (stack: Stack) => KdumpTargets, (at: number) => string, string]>([
    ['long values of a tag', tagged(50, 55), at => `Alarm${at}`, 'Production'],
    ['long names of alarms beside 50 instances', known(50), at => `WebServerInstanceUnresponsiveAlarm${at}`.padEnd(100, 'x'), 'Production-EuCentral1-WebTier'],
  ])('refuses 20 alarms with %s', (_, ...given) => expect(() => alarmsOf(20, ...given)).toThrow(
    /Interrupt: with .*Alarm\d+.* the inline policies of its role have about 10\d{3} characters; IAM allows 10240.* several DiagnosticInterrupts\.$/));

  test('refuses 20 alarms that were given long names, and takes them with shorter ones', () => {
    const metric = new Metric({ namespace: 'AWS/EC2', metricName: 'StatusCheckFailed_Instance', dimensionsMap: { InstanceId: 'i-0123456789abcdef0' } });
    const give = (length: number) => {
      const stack = alarmsOf(0, known(40), () => '');
      const action = DiagnosticInterruptAction.of(stack.node.findChild('Interrupt') as DiagnosticInterrupt);
      for (let at = 10; at < 30; at++) {
        new Alarm(stack, `${at}`, { metric, alarmName: `${at}`.padEnd(length, 'x'), threshold: 1, evaluationPeriods: 1 }).addAlarmAction(action);
      }
    };
    expect(() => give(255)).toThrow(/the inline policies of its role have about/);
    expect(() => give(100)).not.toThrow();
  });
});

test('refuses an alarm of another Region', () => {
  const { stack, action } = setUp();
  const there = new Stack(stack.node.root as App, 'There', ELSEWHERE);
  const alarm = new Alarm(there, 'Alarm', { metric: new Metric({ namespace: 'AWS/EC2', metricName: 'm' }), threshold: 1, evaluationPeriods: 1 });
  expect(() => alarm.addAlarmAction(action)).toThrow(/Test\/Interrupt is in eu-west-1, but There\/Alarm is in us-east-1/);
});

test('refuses a fleet watch of another Region', () => {
  const { stack, interrupt } = setUp();
  const watch = new FleetWatch(new Stack(stack.node.root as App, 'There', ELSEWHERE), 'Fleet');
  expect(() => interrupt.addFleetWatch(watch)).toThrow(/Test\/Interrupt is in eu-west-1, but There\/Fleet is in us-east-1/);
});

test('refuses a fleet watch of another stack, which would make the stacks a circle', () => {
  const { stack, interrupt } = setUp();
  const there = new Stack(stack.node.root as App, 'There', { env: { region: stack.region, account: stack.account } });
  expect(() => interrupt.addFleetWatch(new FleetWatch(there, 'Fleet')))
    .toThrow(/^There\/Fleet is in another stack than Test\/Interrupt, .* Define it in Test\.$/);
});

test('refuses a fleet watch in two ways, of which one would be in vain', () => {
  const { stack, interrupt } = setUp();
  const watch = new FleetWatch(stack, 'Fleet');
  interrupt.addFleetWatch(watch);
  const message = /^Test\/Fleet: Test\/Interrupt has this watch already; it is allowed once.*Leave one of them out\.$/;
  expect(() => interrupt.addFleetWatch(watch)).toThrow(message);
  expect(() => new CrashDumpResponse(stack, 'Response', { interrupt }).addFleetWatch(watch)).toThrow(message);
});

test.each<[string, (stack: Stack) => Alarm | PromQLAlarm]>([
  ['an alarm on a query', stack => new MathExpression({ expression: 'SELECT MAX(StatusCheckFailed) FROM "AWS/EC2"' })
    .createAlarm(stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 })],
  ['an alarm on a query of PromQL', stack => new PromQLAlarm(stack, 'Alarm', { query: 'up == 0', evaluationInterval: Duration.minutes(1) })],
  ['an alarm on a metric of a group', stack => new Metric({ namespace: 'AWS/EC2', metricName: 'StatusCheckFailed', dimensionsMap: { AutoScalingGroupName: 'web' } })
    .createAlarm(stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 })],
])('refuses %s, which names no instance, whoever it is given to', (_, make) => {
  const { stack, action, interrupt } = setUp();
  const response = new CrashDumpResponse(stack, 'Response', { interrupt });
  const alarm = make(stack);
  const message = /: Test\/Alarm watches no metric with the dimension InstanceId.*UnresponsiveAlarm.*addFleetWatch\.$/;
  for (const give of [() => alarm.addAlarmAction(action), () => response.addAlarm(alarm), () => InterruptOccasion.alarm(alarm)]) {
    expect(give).toThrow(message);
  }
});

test('takes an alarm that computes with the metrics of one instance', () => {
  const { stack, action } = setUp();
  const failed = new Metric({ namespace: 'AWS/EC2', metricName: 'StatusCheckFailed_Instance', dimensionsMap: { InstanceId: 'i-0123456789abcdef0' } });
  const metric = new MathExpression({ expression: 'FILL(failed, 0)', usingMetrics: { failed } });
  metric.createAlarm(stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 }).addAlarmAction(action);
  Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmActions: [arnOf('InterruptFunction')] });
});

test('refuses an alarm in two ways, of which one would be in vain', () => {
  const { stack, watch, action, interrupt } = setUp();
  const response = new CrashDumpResponse(stack, 'Response', { interrupt });
  const alarm = watch('One');
  alarm.addAlarmAction(action);
  expect(() => response.addAlarm(alarm)).toThrow(/^Test\/One: Test\/Interrupt has this alarm already; it is allowed once.*Leave one of them out/);
});
