import { App, CfnResource, Mixins, Size, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { IMixin } from 'constructs';
import { AutoScalingGroupKdump, CrashKernel, InstanceKdump, KdumpAssociation, KdumpTargets, LaunchTemplateKdump, RebootPolicy } from '../../src';

process.env.CDK_VALIDATION = 'false'; // one strict test validates, see test/examples

const instanceIn = (stack: Stack, id: string) => new ec2.CfnInstance(stack, id, { instanceType: 't3.small' });
const machine = { instanceType: new ec2.InstanceType('t3.small'), machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-12345678' }) };

function stackWithVpc(app = new App()) {
  const stack = new Stack(app, 'Test', { env: { region: 'eu-west-1', account: '123456789012' } });
  return { stack, vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 }) };
}

/** The targets of each association. */
function targetsIn(stack: Stack): unknown[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::SSM::Association')).map(each => each.Properties.Targets);
}

test('an instance is made dumpable by a mixin, with the options of the association', () => {
  const { stack, vpc } = stackWithVpc();
  new ec2.Instance(stack, 'Web', { ...machine, vpc }).with(new InstanceKdump({ crashKernel: CrashKernel.size(Size.mebibytes(512)), rebootPolicy: RebootPolicy.whenRequired() }));
  const template = Template.fromStack(stack);
  const [association] = Object.values(template.findResources('AWS::SSM::Association'));
  const [document] = Object.values(template.findResources('AWS::SSM::Document'));
  const [web] = Object.keys(template.findResources('AWS::EC2::Instance'));
  expect(association.Properties).toMatchObject({ Targets: [{ Key: 'InstanceIds', Values: [{ Ref: web }] }], MaxErrors: '10%' });
  expect(document.Properties.Content.mainSteps[0].inputs.runCommand[0].split('\n')).toContain("CRASHKERNEL='512M'");
});

test('a group and a launch template are named by the tags that EC2 gives their instances', () => {
  const { stack, vpc } = stackWithVpc();
  const launchTemplate = new ec2.LaunchTemplate(stack, 'Template', machine);
  launchTemplate.with(new LaunchTemplateKdump());
  new autoscaling.AutoScalingGroup(stack, 'Group', { vpc, launchTemplate }).with(new AutoScalingGroupKdump());
  const template = Template.fromStack(stack);
  const named = (type: string) => [{ Ref: Object.keys(template.findResources(type))[0] }];
  expect(targetsIn(stack)).toEqual([
    [{ Key: 'tag:aws:ec2launchtemplate:id', Values: named('AWS::EC2::LaunchTemplate') }],
    [{ Key: 'tag:aws:autoscaling:groupName', Values: named('AWS::AutoScaling::AutoScalingGroup') }],
  ]);
});

test('what an app holds is made dumpable by one line: an association for every 50 instances of a stack', () => {
  const app = new App();
  const [small, large] = [new Stack(app, 'Small'), new Stack(new Stage(app, 'Later'), 'Large')];
  instanceIn(small, 'Only');
  Array.from({ length: 101 }, (_, index) => instanceIn(large, `Web${index}`));
  new Bucket(large, 'Bucket');
  Mixins.of(app).apply(new InstanceKdump());
  expect(targetsIn(small)).toEqual([[{ Key: 'InstanceIds', Values: [{ Ref: 'Only' }] }]]);
  expect((targetsIn(large) as any[]).map(([{ Values }]) => Values.length)).toEqual([50, 50, 1]);
  expect((targetsIn(large) as any[])[1][0].Values[0]).toEqual({ Ref: 'Web50' });
});

test('the role of the shared association may send to all of its instances, and to no other', () => {
  const stack = new Stack(new App(), 'Test');
  const mixin = new InstanceKdump();
  ['A', 'B'].forEach(each => instanceIn(stack, each).with(mixin));
  instanceIn(stack, 'C');
  const [policy] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  expect(JSON.stringify(policy.Properties.PolicyDocument.Statement[1].Resource).match(/"Ref":"[A-C]"/g)).toEqual(['"Ref":"A"', '"Ref":"B"']);
});

test('applied twice, a mixin has an effect once', () => {
  const stack = new Stack(new App(), 'Test');
  const mixin = new InstanceKdump();
  instanceIn(stack, 'Web').with(mixin, mixin);
  Mixins.of(stack).apply(mixin);
  expect(targetsIn(stack)).toEqual([[{ Key: 'InstanceIds', Values: [{ Ref: 'Web' }] }]]);
});

test('two mixins with other options have an association each', () => {
  const stack = new Stack(new App(), 'Test');
  instanceIn(stack, 'A').with(new InstanceKdump());
  instanceIn(stack, 'B').with(new InstanceKdump({ rebootPolicy: RebootPolicy.whenRequired() }));
  expect(targetsIn(stack)).toHaveLength(2);
});

test('nothing else is supported, whatever it contains', () => {
  const { stack, vpc } = stackWithVpc();
  const instance = new ec2.Instance(stack, 'Web', { ...machine, vpc });
  new CfnResource(stack, 'WithoutReference', { type: 'AWS::EC2::Instance' });
  const supported = (mixin: IMixin) => stack.node.findAll().filter(each => mixin.supports(each)).map(each => each.node.path);
  expect(supported(new InstanceKdump())).toEqual([instance.instance.node.path]);
  expect(supported(new AutoScalingGroupKdump())).toEqual([]);
  expect(supported(new LaunchTemplateKdump())).toEqual([]);
});

test('a launch template is a target of the constructs, too', () => {
  const stack = new Stack(new App(), 'Test');
  const template = new ec2.LaunchTemplate(stack, 'Template', machine);
  const { targets } = new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.launchTemplate(template) });
  expect(stack.resolve(targets._iamScope(stack, 'aws:ResourceTag')).conditions)
    .toEqual({ StringEquals: { 'aws:ResourceTag/aws:ec2launchtemplate:id': [{ Ref: 'Template576A9730' }] } });
});
