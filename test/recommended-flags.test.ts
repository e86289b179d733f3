import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AutoScalingGroup, CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnInstance, CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import RECOMMENDED from 'aws-cdk-lib/recommended-feature-flags.json';
import { IConstruct, IMixin } from 'constructs';
import { AutoScalingGroupKdump, CrashDiagnostics, InstanceKdump, KdumpAssociation, KdumpTargets, LaunchTemplateKdump } from '../src';

// What `cdk init` writes into a new app: all feature flags. test/examples has the examples with them.

process.env.CDK_VALIDATION = 'false';

const newStack = (context: Record<string, unknown> = RECOMMENDED) => new Stack(new App({ postCliContext: context }), 'Test');
const instanceIn = (stack: Stack, id: string) => new CfnInstance(stack, id, { instanceType: 't3.small' });
const groupIn = (stack: Stack, id: string) => new CfnAutoScalingGroup(stack, id, { minSize: '1', maxSize: '1' });
const templateIn = (stack: Stack, id: string) => new CfnLaunchTemplate(stack, id, { launchTemplateData: { instanceType: 't3.small' } });

const KINDS: Array<[string, (stack: Stack) => KdumpTargets]> = [
  ['an instance', stack => KdumpTargets.instance(instanceIn(stack, 'A'))],
  ['an instance by its ID', stack => KdumpTargets.instance(CfnInstance.fromInstanceId(stack, 'A', 'i-0123456789abcdef0'))],
  ['instances', stack => KdumpTargets.instances(instanceIn(stack, 'A'), instanceIn(stack, 'B'))],
  ['as many instances as there may be', stack => KdumpTargets.instances(...Array.from({ length: 50 }, (_, at) => instanceIn(stack, `I${at}`)))],
  ['a group', stack => KdumpTargets.autoScalingGroup(groupIn(stack, 'A'))],
  ['a group by its name', stack => KdumpTargets.autoScalingGroup(AutoScalingGroup.fromAutoScalingGroupName(stack, 'A', 'web'))],
  ['a launch template', stack => KdumpTargets.launchTemplate(templateIn(stack, 'A'))],
  ['a tag', () => KdumpTargets.tag('Kdump', 'on', 'canary')],
];

test('the flags are those by which the CDK merges statements', () => {
  expect(RECOMMENDED).toHaveProperty(['@aws-cdk/aws-iam:minimizePolicies'], true);
});

interface Allowed { readonly Action: string | string[]; readonly Resource: unknown; readonly Condition?: unknown }

/** What each role may do: one line for each action on each resource, so that it does not matter how they are told. */
function allowedIn(stack: Stack): Record<string, string[]> {
  const allowed: Record<string, string[]> = {};
  const template = Template.fromStack(stack);
  // What finds no room in the inline policies of a role, the CDK puts into managed ones.
  const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap(type => Object.values(template.findResources(type)));
  for (const { Properties } of policies) {
    const lines = (Properties.PolicyDocument.Statement as Allowed[]).flatMap(({ Action, Resource, Condition }) =>
      [Action].flat().flatMap(action => [Resource].flat().map(resource => `${action} ${JSON.stringify(resource)} ${JSON.stringify(Condition)}`)));
    (allowed[JSON.stringify(Properties.Roles)] ??= []).push(...lines);
  }
  return Object.fromEntries(Object.entries(allowed).map(([role, lines]) => [role, [...new Set(lines)].sort()]));
}

describe.each(KINDS)('all of it is synthesised for %s', (_, targets) => {
  test('and may do exactly what it may without the flag', () => {
    const { '@aws-cdk/aws-iam:minimizePolicies': flag, ...others } = RECOMMENDED;
    const [merged, told] = [RECOMMENDED, others].map(context => {
      const stack = newStack(context);
      new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: targets(stack), dashboard: true });
      return allowedIn(stack);
    });
    expect(merged).toEqual(told);
  });

  test('kdump alone, too', () => {
    const stack = newStack();
    new KdumpAssociation(stack, 'Kdump', { targets: targets(stack) });
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});

test.each<[string, IMixin, (stack: Stack, id: string) => IConstruct]>([
  ['instances', new InstanceKdump(), instanceIn],
  ['groups', new AutoScalingGroupKdump(), groupIn],
  ['launch templates', new LaunchTemplateKdump(), templateIn],
])('the role of a mixin may send to all %s that come later, and to no other', (_, mixin, make) => {
  const stack = newStack();
  ['A', 'B', 'C'].forEach(id => make(stack, id).with(mixin));
  make(stack, 'D');
  const [policy] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  expect(JSON.stringify(policy.Properties.PolicyDocument).match(/"Ref":"[A-D]"/g)).toEqual(['"Ref":"A"', '"Ref":"B"', '"Ref":"C"']);
});
