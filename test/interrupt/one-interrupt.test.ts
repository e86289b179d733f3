import { App, CfnParameter, Environment, Fn, Stack, Stage } from 'aws-cdk-lib';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { DiagnosticInterrupt, InterruptMode, KdumpAssociation, KdumpTargets } from '../../src';

// An instance has one interrupt in an app, by whatever it is named.

process.env.CDK_VALIDATION = 'false';

const machine = { instanceType: new ec2.InstanceType('t3.small'), machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-12345678' }) };
const vpcOf = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] });
const HERE = { account: '111122223333', region: 'eu-west-1' };
const ID = 'i-0123456789abcdef0';

function interrupts(stack: Stack, id: string, targets: KdumpTargets, mode?: InterruptMode): void {
  const kdump = new KdumpAssociation(stack, `Kdump${id}`, { targets });
  new DiagnosticInterrupt(stack, id, { kdump, mode });
}

describe('one resource by two names', () => {
  test.each<[string, (stack: Stack) => [KdumpTargets, KdumpTargets]]>([
    ['one instance', stack => {
      const web = new ec2.CfnInstance(stack, 'Web');
      return [KdumpTargets.instance(web), KdumpTargets.instances(new ec2.CfnInstance(stack, 'Db'), web)];
    }],
    ['an instance and its resource', stack => {
      const web = new ec2.Instance(stack, 'Web', { ...machine, vpc: vpcOf(stack) });
      return [KdumpTargets.instance(web), KdumpTargets.instance(web.instance)];
    }],
    ['an instance and what is imported by its ID', stack => {
      const web = new ec2.Instance(stack, 'Web', { ...machine, vpc: vpcOf(stack) });
      return [KdumpTargets.instance(web), KdumpTargets.instance(ec2.CfnInstance.fromInstanceId(stack, 'Same', web.instanceId))];
    }],
    ['an instance that is imported twice', stack => {
      const [one, two] = ['One', 'Two'].map(id => ec2.CfnInstance.fromInstanceId(stack, id, ID));
      return [KdumpTargets.instance(one), KdumpTargets.instance(two)];
    }],
    ['an instance that is imported twice by a parameter', stack => {
      const parameter = new CfnParameter(stack, 'Parameter');
      const [one, two] = ['One', 'Two'].map(id => ec2.CfnInstance.fromInstanceId(stack, id, parameter.valueAsString));
      return [KdumpTargets.instance(one), KdumpTargets.instance(two)];
    }],
    ['an instance with an ID that nothing is known of', stack => {
      const web = ec2.CfnInstance.fromInstanceId(stack, 'Web', Fn.importValue('Id'));
      return [KdumpTargets.instance(web), KdumpTargets.instance(web)];
    }],
    ['a group and its resource', stack => {
      const group = new AutoScalingGroup(stack, 'Group', { ...machine, vpc: vpcOf(stack) });
      return [KdumpTargets.autoScalingGroup(group), KdumpTargets.autoScalingGroup(group.node.defaultChild as any)];
    }],
    ['a group that is imported twice', stack => {
      const [one, two] = ['One', 'Two'].map(id => AutoScalingGroup.fromAutoScalingGroupName(stack, id, 'web'));
      return [KdumpTargets.autoScalingGroup(one), KdumpTargets.autoScalingGroup(two)];
    }],
    ['a launch template and its resource', stack => {
      const template = new ec2.LaunchTemplate(stack, 'Template', machine);
      return [KdumpTargets.launchTemplate(template), KdumpTargets.launchTemplate(template.node.defaultChild as any)];
    }],
    ['a value of a tag', () => [KdumpTargets.tag('Kdump', 'on', 'canary'), KdumpTargets.tag('Kdump', 'canary')]],
  ])('refuses %s', (_, targets) => {
    const stack = new Stack(new App(), 'Test', { env: HERE });
    const [one, two] = targets(stack);
    interrupts(stack, 'First', one);
    expect(() => interrupts(stack, 'Second', two)).toThrow(/^Test\/Second: .+ is a target of Test\/First as well\. Two would not know/);
  });

  test('in dry run, there may be any number beside the one', () => {
    const stack = new Stack(new App(), 'Test');
    interrupts(stack, 'First', KdumpTargets.tag('Kdump', 'on'));
    expect(() => interrupts(stack, 'Second', KdumpTargets.tag('Kdump', 'on'), InterruptMode.DRY_RUN)).not.toThrow();
  });

  test('names a group rather than its tag', () => {
    const stack = new Stack(new App(), 'Test');
    const group = AutoScalingGroup.fromAutoScalingGroupName(stack, 'Group', 'web');
    interrupts(stack, 'First', KdumpTargets.autoScalingGroup(group));
    expect(() => interrupts(stack, 'Second', KdumpTargets.autoScalingGroup(group))).toThrow('Test/Second: Test/Group is a target of Test/First as well.');
  });
});

test('others are taken: instances, values, keys, and IDs by two attributes of one resource', () => {
  const stack = new Stack(new App(), 'Test');
  const instance = (id: string) => new ec2.CfnInstance(stack, id);
  const byAttribute = (attribute: string) => ec2.CfnInstance.fromInstanceId(stack, `By${attribute}`, instance(attribute).getAtt(attribute).toString());
  const others = [
    KdumpTargets.instance(instance('A')), KdumpTargets.instance(instance('B')), KdumpTargets.tag('Kdump', 'on'), KdumpTargets.tag('Kdump', 'canary'),
    KdumpTargets.tag('Other', 'on'), KdumpTargets.instance(byAttribute('One')), KdumpTargets.instance(byAttribute('Two')),
  ];
  expect(() => others.forEach((each, at) => interrupts(stack, `Interrupt${at}`, each))).not.toThrow();
});

describe('the same tag, or the same name of a group,', () => {
  const KINDS: Array<[string, (stack: Stack) => KdumpTargets]> = [
    ['tag', () => KdumpTargets.tag('Kdump', 'on')],
    ['name', stack => KdumpTargets.autoScalingGroup(AutoScalingGroup.fromAutoScalingGroupName(stack, 'Group', 'web'))],
  ];
  const both = (targets: (stack: Stack) => KdumpTargets, ...stacks: Stack[]) =>
    stacks.forEach(stack => interrupts(stack, 'Interrupt', targets(stack)));
  const stacks = (one: Environment, two: Environment) => {
    const app = new App();
    return [new Stack(app, 'One', { env: one }), new Stack(app, 'Two', { env: two })];
  };

  describe.each(KINDS)('%s', (_, targets) => {
    test.each<[string, Environment, Environment]>([
      ['Regions', HERE, { ...HERE, region: 'us-east-1' }],
      ['accounts', HERE, { ...HERE, account: '444455556666' }],
      ['Regions of an account that is not known', { region: 'eu-west-1' }, { region: 'us-east-1' }],
    ])('is another one in two %s', (__, one, two) => expect(() => both(targets, ...stacks(one, two))).not.toThrow());

    test('is another one in two stages of different environments', () => {
      const app = new App();
      const [dev, prod] = [HERE, { ...HERE, account: '444455556666' }].map((env, at) => new Stack(new Stage(app, `Stage${at}`, { env }), 'Test'));
      expect(() => both(targets, dev, prod)).not.toThrow();
    });

    test.each<[string, Environment, Environment]>([
      ['of one environment', HERE, HERE],
      ['whose environments are not known', {}, {}],
      ['of which one may be anywhere', HERE, {}],
      ['of one Region, of which one may be in any account', HERE, { region: HERE.region }],
    ])('refuses it in two stacks %s', (__, one, two) => expect(() => both(targets, ...stacks(one, two))).toThrow(/is a target of One\/Interrupt as well/));

    test('refuses it in two stages whose environments are not known', () => {
      const app = new App();
      const [blue, green] = ['Blue', 'Green'].map(id => new Stack(new Stage(app, id), 'Test'));
      expect(() => both(targets, blue, green)).toThrow(/is a target of Blue\/Test\/Interrupt as well/);
    });
  });
});
