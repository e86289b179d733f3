import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AlarmRule, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnInstance, Instance, InstanceType, MachineImage, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  DiagnosticInterrupt, InterruptOccasion, InterruptTrigger, KdumpAssociation, KdumpTargets, UnresponsiveAlarm,
} from '../../src';

process.env.CDK_VALIDATION = 'false';

const setting = () => {
  const stack = new Stack(new App(), 'Test');
  const instance = new CfnInstance(stack, 'Web', { instanceType: 't3.small' });
  const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump: new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.instance(instance) }) });
  return { stack, instance, interrupt, alarm: new UnresponsiveAlarm(stack, 'Alarm', { instance }) };
};
const policyOf = (template: Template) => JSON.stringify(template.findResources('AWS::Lambda::Function', { Properties: { Runtime: 'nodejs24.x', Environment: { Variables: { INTERRUPT_POLICY: Match.anyValue() } } } }));

test('asks on an alarm, which the function may read before it is asked', () => {
  const { stack, instance, interrupt, alarm } = setting();
  const made = new InterruptTrigger(stack, 'Now', { interrupt, instance, occasion: InterruptOccasion.alarm(alarm), revision: '2026-01-02' });
  const template = Template.fromStack(stack);
  template.hasResource('Custom::InterruptTrigger', {
    DependsOn: [Match.stringLikeRegexp('NowReadTestInterrupt')],
    Properties: {
      instanceId: { Ref: 'Web' }, revision: '2026-01-02', alarmArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Alarm'), 'Arn'] }, gameDay: Match.absent(),
    },
  });
  expect(stack.resolve(made.sent)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Now/), 'sent'] });
  expect(policyOf(template)).toContain('\\"gameDays\\":false');
});

test('allows game days only where one is asked for, although the interrupt is defined before', () => {
  const { stack, instance, interrupt } = setting();
  new InterruptTrigger(stack, 'Now', { interrupt, instance, occasion: InterruptOccasion.gameDay('to learn'), revision: '1' });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('Custom::InterruptTrigger', { gameDay: 'to learn', alarmArn: Match.absent() });
  expect(policyOf(template)).toContain('\\"gameDays\\":true');
});

test('shares one provider, whose functions may call the one function and write to its log group, with roles that have no more', () => {
  const fresh = setting();
  for (const id of ['A', 'B']) {
    new InterruptTrigger(fresh.stack, id, { ...fresh, occasion: InterruptOccasion.alarm(fresh.alarm), revision: id });
  }
  const template = Template.fromStack(fresh.stack);
  template.resourceCountIs('AWS::Lambda::Function', 4);
  template.resourceCountIs('AWS::StepFunctions::StateMachine', 1);
  const roles = template.findResources('AWS::IAM::Role', { Properties: { ManagedPolicyArns: Match.anyValue() } });
  expect(roles).toEqual({});
  const statements = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => id.includes('Deployment'))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
  expect(statements.flatMap(({ Resource }: any) => [Resource].flat()).filter((resource: any) => resource === '*')).toEqual([]);
});

test('takes the instance as a construct of either level', () => {
  const stack = new Stack(new App(), 'Test');
  const web = new Instance(stack, 'Web', { vpc: new Vpc(stack, 'Vpc'), instanceType: new InstanceType('t3.small'), machineImage: MachineImage.latestAmazonLinux2023() });
  const interrupt = new DiagnosticInterrupt(stack, 'Interrupt', { kdump: new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.instance(web) }) });
  const occasion = InterruptOccasion.gameDay('x');
  new InterruptTrigger(stack, 'One', { interrupt, instance: web, occasion, revision: '1' });
  new InterruptTrigger(stack, 'Two', { interrupt, instance: web.instance, occasion, revision: '1' });
  Template.fromStack(stack).resourceCountIs('Custom::InterruptTrigger', 2);
});

test('refuses an instance that is not among the targets', () => {
  const { stack, interrupt } = setting();
  const other = new CfnInstance(stack, 'Other');
  expect(() => new InterruptTrigger(stack, 'Now', { interrupt, instance: other, occasion: InterruptOccasion.gameDay('x'), revision: '1' }))
    .toThrow(/Test\/Now: the instance Test\/Other is not among the targets of Test\/Interrupt, which are Test\/Web\..*NotATarget.*add it/);
});

test.each([['none', ''], ['blank', ' '], ['too long', 'r'.repeat(129)], ['left undefined by JavaScript', undefined as any]])('refuses a revision that is %s', (_, revision) => {
  const { stack, instance, interrupt } = setting();
  expect(() => new InterruptTrigger(stack, 'Now', { interrupt, instance, occasion: InterruptOccasion.gameDay('x'), revision }))
    .toThrow(/revision (".*|undefined) was given; 1 to 128 characters are allowed/);
});

test.each(['', '  ', 'r'.repeat(501), undefined as any])('refuses a game day for no reason, or a very long one', reason => {
  expect(() => InterruptOccasion.gameDay(reason)).toThrow(/1 to 500 are allowed/);
});

test('refuses a composite alarm, which names no instance', () => {
  const { stack, alarm } = setting();
  const composite = new CompositeAlarm(stack, 'All', { alarmRule: AlarmRule.anyOf(alarm) });
  expect(() => InterruptOccasion.alarm(composite)).toThrow(/Test\/All is a composite alarm.*Give the one of its alarms/);
});

test('refuses an interrupt of another Region', () => {
  const app = new App();
  const [here, there] = ['eu-west-1', 'us-east-1'].map(region => new Stack(app, region, { env: { region, account: '123456789012' } }));
  const interrupt = new DiagnosticInterrupt(there, 'Interrupt', { kdump: new KdumpAssociation(there, 'Kdump', { targets: KdumpTargets.tag('Kdump', 'on') }) });
  expect(() => new InterruptTrigger(here, 'Now', { interrupt, instance: new CfnInstance(here, 'Web'), occasion: InterruptOccasion.gameDay('x'), revision: '1' }))
    .toThrow(/eu-west-1\/Now is in eu-west-1, but .* is in us-east-1/);
});
