import { App, Fn, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { DiagnosticInterrupt, DiagnosticInterruptProps, KdumpAssociation, KdumpTargets } from '../../src';

// Instance types that are known at synth.

process.env.CDK_VALIDATION = 'false';

const instanceOf = (stack: Stack, id: string, instanceType = 't3.small') => new ec2.CfnInstance(stack, id, { instanceType });

function interruptFor(targets: (stack: Stack) => KdumpTargets, props: Partial<DiagnosticInterruptProps> = {}) {
  const stack = new Stack(new App(), 'Test');
  const kdump = new KdumpAssociation(stack, 'Kdump', { targets: targets(stack) });
  return { stack, interrupt: new DiagnosticInterrupt(stack, 'Interrupt', { kdump, ...props }) };
}

const group = (s: Stack, props: Partial<autoscaling.CfnAutoScalingGroupProps>) =>
  KdumpTargets.autoScalingGroup(new autoscaling.CfnAutoScalingGroup(s, 'Group', { minSize: '1', maxSize: '1', ...props }));
const template = (s: Stack, instanceType?: string, id = 'Template') => new ec2.CfnLaunchTemplate(s, id, { launchTemplateData: { instanceType } });
const version = (t: ec2.CfnLaunchTemplate) => ({ launchTemplateId: t.ref, version: t.attrLatestVersionNumber });

const mixture = (base: ec2.CfnLaunchTemplate, overrides?: autoscaling.CfnAutoScalingGroup.LaunchTemplateOverridesProperty[]) =>
  ({ launchTemplate: { launchTemplateSpecification: version(base), overrides } });
const mixed = (s: Stack, ...of: Parameters<typeof mixture>) => group(s, { mixedInstancesPolicy: mixture(...of) });

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
  ['the type of the template of a mixed group', s => mixed(s, template(s, 'i3.large')), 'i3.large.*Xen'],
  ['the type of a template that stands in for that of a mixed group', s => mixed(s, template(s, 'm5.large'), [
    { instanceType: 'm5.large' }, { launchTemplateSpecification: version(template(s, 'm7g.large', 'Other')) },
  ]), 'm7g.large.*Arm'],
  ['the same where the group comes to know it late', s => {
    const [base, other] = [template(s, 'm5.large'), template(s, 'm7g.large', 'Other')];
    return group(s, { mixedInstancesPolicy: Lazy.any({ produce: () => mixture(base, [{ launchTemplateSpecification: version(other) }]) }) });
  }, 'm7g.large.*Arm'],
  ['the type of the template, where a mixed group says no more than a weight', s => mixed(s, template(s, 'i3.large'), [{ weightedCapacity: '2' }]), 'i3.large'],
  ['a launch template of a Graviton type', s => KdumpTargets.launchTemplate(template(s, 'm7g.large')), 'UnsupportedArchitecture.*m7g.large.*Arm'],
  ['a launch template of a Xen type', s => KdumpTargets.launchTemplate(new ec2.LaunchTemplate(s, 'L2', {
    instanceType: new ec2.InstanceType('t2.micro'), machineImage: ec2.MachineImage.latestAmazonLinux2023(),
  })), 'UnsupportedInstanceType.*t2.micro.*Xen'],
  ['an instance of a launch template', s => KdumpTargets.instance(new ec2.CfnInstance(s, 'A', { launchTemplate: version(template(s, 'i3.large')) })), 'i3.large'],
  ['a launch template by its ID, of the same app', s => KdumpTargets.launchTemplate(
    ec2.LaunchTemplate.fromLaunchTemplateAttributes(s, 'Same', { launchTemplateId: template(s, 'm7g.large').ref })), 'm7g.large'],
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

test.each<[string, (s: Stack) => KdumpTargets]>([
  ['a launch template that was imported', s => KdumpTargets.launchTemplate(
    ec2.LaunchTemplate.fromLaunchTemplateAttributes(s, 'Template', { launchTemplateId: 'lt-0123456789abcdef0' }))],
  ['a launch template without a type', s => KdumpTargets.launchTemplate(template(s))],
  ['a mixed group whose types stand in for that of its template', s => mixed(s, template(s, 'i3.large'), [{ instanceType: 'm5.large' }])],
  ['a mixed group by requirements, which stand in for it too', s => mixed(s, template(s, 'i3.large'), [
    { instanceRequirements: { vCpuCount: { min: 2 }, memoryMiB: { min: 1024 } } },
  ])],
  ['a mixed group of which it is decided at the deployment', s => mixed(s, template(s, 'i3.large'), [
    Fn.conditionIf('IsLarge', { instanceType: 'm5.large' }, { instanceType: 'm5.xlarge' }) as any,
  ])],
  ['a mixed group with all of its overrides decided there', s => mixed(s, template(s, 'i3.large'), Fn.conditionIf('IsLarge', [], []) as any)],
  ['a mixed group of which another template stands in for it', s => mixed(s, template(s, 'i3.large'), [
    { launchTemplateSpecification: version(template(s, 'm5.large', 'Other')) },
  ])],
])('takes %s', (_, targets) => {
  const { stack } = interruptFor(targets);
  Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
});

test('kdump alone is configured on a Graviton instance', () => {
  const stack = new Stack(new App(), 'Test');
  new KdumpAssociation(stack, 'Kdump', { targets: KdumpTargets.instance(instanceOf(stack, 'A', 't4g.small')) });
  Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
});

describe('bare metal that is allowed', () => {
  test.each(['m5.metal', 'i3.metal', 'u-6tb1.metal', 'c7i.metal-24xl'])('is taken: %s', type => {
    const { stack } = interruptFor(s => KdumpTargets.instance(instanceOf(s, 'A', type)), { allowBareMetal: true });
    Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
  });

  test.each(['m5.metal', 'i3.metal', 'c7i.metal-24xl'])('fails for %s unless it is allowed', type => {
    const { stack } = interruptFor(s => KdumpTargets.instance(instanceOf(s, 'A', type)));
    Annotations.fromStack(stack).hasError('*', Match.stringLikeRegexp('BareMetal'));
  });

  test.each([
    ['m7g.metal', 'UnsupportedArchitecture'], ['a1.metal', 'UnsupportedArchitecture'], ['mac1.metal', 'UnsupportedInstanceType.*macOS'],
  ])('fails for %s all the same', (type, message) => {
    const { stack } = interruptFor(s => KdumpTargets.instance(instanceOf(s, 'A', type)), { allowBareMetal: true });
    Annotations.fromStack(stack).hasError('*', Match.stringLikeRegexp(message));
  });
});
