import { DescribeInstancesCommand, DescribeInstanceTypesCommand, Instance } from '@aws-sdk/client-ec2';
import { DescribeInstanceAssociationsStatusCommand } from '@aws-sdk/client-ssm';
import { App, Duration, NestedStack, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { awsAnswersForAHungInstance, awsCalls, awsError, cloudFormationMock, ec2Mock, forgetCalls, itIs, ssmMock, stackIs } from './aws-mock';
import { dryRunCalls, dryRuns, realSends, StackResource, tableInMemory } from './custom-resource-stack';
import { ARMED, ASSOCIATION, BY_TAG, INSTANCE, NOW, OTHER_INSTANCE } from './fixtures';
import { listen, logLines } from './reported';
import { CrashKernel, DiagnosticInterrupt, InterruptReadiness, KdumpAssociation, KdumpTargets } from '../../src';
import { CustomResourceType } from '../../src/interrupt/custom-resource-type';
import { INTERRUPT_POLICY_VARIABLE, InterruptPolicy } from '../../src/interrupt/interrupt-policy';

process.env.CDK_VALIDATION = 'false';

const PROPERTIES = { timeoutSeconds: '120', requireArmed: 'true', policy: '{}', program: 'p' };
const TWO: InterruptPolicy = { ...ARMED, targets: { instanceIds: [INSTANCE, OTHER_INSTANCE] } };
const idOf = (number: number) => `i-${String(number).padStart(17, '0')}`;

let readiness: StackResource;
const policyIs = (policy: InterruptPolicy) => process.env[INTERRUPT_POLICY_VARIABLE] = JSON.stringify(policy);
const LAUNCHED = new Date('2025-12-01T00:00:00Z');
const instancesAre = (...instances: Instance[]) => ec2Mock.on(DescribeInstancesCommand).resolves({
  Reservations: instances.map(each => ({
    Instances: [{
      InstanceType: 'm7i.large', Architecture: 'x86_64', LaunchTime: LAUNCHED, State: { Name: 'running' }, Tags: [{ Key: 'kdump', Value: 'on' }], ...each,
    } as Instance],
  })),
});
const kdumpIs = (status: (id: string) => string | undefined) => ssmMock.on(DescribeInstanceAssociationsStatusCommand).callsFake(({ InstanceId }) => {
  const Status = status(InstanceId);
  return { InstanceAssociationStatusInfos: Status ? [{ AssociationId: ASSOCIATION, InstanceId, Status, ExecutionDate: NOW }] : [] };
});

beforeEach(() => {
  itIs();
  awsAnswersForAHungInstance();
  tableInMemory();
  dryRuns();
  policyIs(ARMED);
  instancesAre({ InstanceId: INSTANCE });
  kdumpIs(() => 'Success');
  readiness = new StackResource(CustomResourceType.READINESS);
  listen();
});

afterEach(() => {
  expect(realSends()).toEqual([]);
  jest.useRealTimers();
  jest.restoreAllMocks();
  delete process.env[INTERRUPT_POLICY_VARIABLE];
});

describe('succeeds', () => {
  test('at once where every instance is ready, whether it is healthy or hangs', async () => {
    expect(await readiness.create(PROPERTIES)).toEqual({ status: 'SUCCESS', attributes: { instances: '1', note: '' }, looks: 1 });
    expect(await readiness.update({ ...PROPERTIES, program: 'q' })).toMatchObject({ status: 'SUCCESS' });
    expect(await readiness.delete()).toMatchObject({ status: 'SUCCESS' });
  });

  test('as soon as kdump is armed on the last one', async () => {
    policyIs(TWO);
    instancesAre({ InstanceId: INSTANCE }, { InstanceId: OTHER_INSTANCE });
    const answers = ['Pending', 'Failed', undefined, 'Success'];
    let look = 0;
    readiness.beforeLook = () => look++;
    kdumpIs(id => id === INSTANCE ? 'Success' : answers[look]);
    expect(await readiness.create(PROPERTIES)).toEqual({ status: 'SUCCESS', attributes: { instances: '2', note: '' }, looks: 4 });
    // What was permitted is not asked again.
    expect(dryRunCalls()).toHaveLength(2);
  });

  test('after an answer that did not come', async () => {
    ec2Mock.on(DescribeInstancesCommand).rejects(awsError('RequestLimitExceeded', 503));
    readiness.beforeLook = () => instancesAre({ InstanceId: INSTANCE });
    expect(await readiness.create(PROPERTIES)).toMatchObject({ status: 'SUCCESS', looks: 2 });
  });

  test('without kdump and without running, where neither is required', async () => {
    instancesAre({ InstanceId: INSTANCE, State: { Name: 'stopped' } });
    kdumpIs(() => 'Failed');
    expect(await readiness.create({ ...PROPERTIES, requireArmed: 'false' })).toMatchObject({ status: 'SUCCESS', looks: 1 });
    expect(ssmMock.calls()).toEqual([]);
  });

  test('in dry-run mode: the check is of the instances', async () => {
    policyIs({ ...ARMED, mode: 'dryRun' });
    expect(await readiness.create(PROPERTIES)).toMatchObject({ status: 'SUCCESS', looks: 1 });
  });

  test('with a note where no instance carries the tag, after a minute', async () => {
    policyIs(BY_TAG);
    instancesAre();
    expect(await readiness.create(PROPERTIES)).toEqual({
      status: 'SUCCESS', attributes: { instances: '0', note: expect.stringContaining('nothing was checked') }, looks: 5,
    });
    expect(ec2Mock.commandCalls(DescribeInstancesCommand)[0].args[0].input.Filters).toEqual([
      { Name: 'tag:kdump', Values: ['on', 'yes'] }, { Name: 'instance-state-name', Values: ['pending', 'running'] },
    ]);
  });

  test('with a note where there are more than 100, of which so many are asked about at a time', async () => {
    policyIs(BY_TAG);
    instancesAre(...Array.from({ length: 120 }, (_, number) => ({ InstanceId: idOf(number) })));
    expect(await readiness.create(PROPERTIES)).toEqual({
      status: 'SUCCESS', attributes: { instances: '100', note: expect.stringContaining('first 100') }, looks: 2,
    });
    expect(dryRunCalls()).toHaveLength(100);
  });
});

describe('fails at once', () => {
  const typeIs = (facts: object) => {
    const InstanceType = `x${Math.random()}.large` as 'm7i.large'; // types are remembered
    instancesAre({ InstanceId: INSTANCE, InstanceType });
    ec2Mock.on(DescribeInstanceTypesCommand).resolves({
      InstanceTypes: [{ InstanceType, Hypervisor: 'nitro', BareMetal: false, ProcessorInfo: { SupportedArchitectures: ['x86_64'] }, ...facts }],
    });
  };
  test.each<[string, () => unknown]>([
    ['UnsupportedInstanceType', () => typeIs({ Hypervisor: 'xen' })],
    ['UnsupportedArchitecture', () => instancesAre({ InstanceId: INSTANCE, Architecture: 'arm64' })],
    ['BareMetal', () => typeIs({ Hypervisor: undefined, BareMetal: true })],
  ])('where the instance is %s', async (reason, arrange) => {
    arrange();
    kdumpIs(() => 'Pending');
    const response = await readiness.create(PROPERTIES);
    expect(response).toMatchObject({ status: 'FAILED', looks: 1 });
    expect(response.reason).toMatch(new RegExp(`^NotReady: 1 of 1 instances could not be interrupted for a dump \\(1 ${reason}\\)\\. ${reason}: ${INSTANCE} \\(.*\\)\\. Change to`));
  });

  const denied = (how: string) => Object.assign(awsError('UnauthorizedOperation', 403), {
    message: `You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: ec2:SendDiagnosticInterrupt on resource: arn:aws:ec2:eu-central-1:111122223333:instance/${INSTANCE} ${how}. Encoded authorization failure message: ${'x'.repeat(3000)}`,
  });

  test('where a service control policy denies it, and says where to look', async () => {
    dryRuns(() => denied('with an explicit deny in a service control policy'));
    const { reason, looks } = await readiness.create(PROPERTIES);
    expect(looks).toBe(1);
    expect(reason).toMatch(/InterruptDenied: i-\w+ \(A dry run of ec2:SendDiagnosticInterrupt was denied with an explicit deny in a service control policy\)\. Look for ec2:SendDiagnosticInterrupt/);
    expect(reason).not.toContain('xxx');
  });

  test.each([
    ['because no permissions boundary allows the ec2:SendDiagnosticInterrupt action', 'because no permissions boundary'],
    ['', 'often a service control policy of the organization'],
  ])('but gives a permission a minute that may be on its way: %s', async (how, said) => {
    dryRuns(() => denied(how));
    expect(await readiness.create(PROPERTIES)).toMatchObject({ status: 'FAILED', looks: 5, reason: expect.stringContaining(said) });
    readiness.beforeLook = () => dryRuns();
    expect(await readiness.create(PROPERTIES)).toMatchObject({ status: 'SUCCESS', looks: 2 });
  });
});

describe('a rollback succeeds and checks nothing', () => {
  const notChecked = { status: 'SUCCESS', attributes: { instances: '0', note: 'The stack was being rolled back, so nothing was checked.' }, looks: 1 };
  const askedForTheStackAlone = () => {
    const StackName = 'arn:aws:cloudformation:eu-central-1:111122223333:stack/web/8c0e7b30-0000-4000-8000-000000000000';
    expect(awsCalls().map(({ args: [command] }) => (command as any).input)).toEqual([{ StackName }]);
  };
  const changed = { ...PROPERTIES, policy: '{"new":1}' };

  test.each<[string, () => unknown]>([
    ['an instance of another architecture', () => instancesAre({ InstanceId: INSTANCE, Architecture: 'arm64' })],
    ['a target that is stopped', () => instancesAre({ InstanceId: INSTANCE, State: { Name: 'stopped' } })],
    ['a denial', () => dryRuns(() => awsError('UnauthorizedOperation', 403))],
    ['kdump that is not armed', () => kdumpIs(() => 'Failed')],
  ])('after the failure of its own update, by %s', async (_, arrange) => {
    await readiness.create(PROPERTIES);
    arrange();
    expect(await readiness.update(changed)).toMatchObject({ status: 'FAILED' });
    forgetCalls();
    expect(await readiness.rollBack(PROPERTIES)).toEqual(notChecked);
    askedForTheStackAlone();
  });

  test('after the failure of something else', async () => {
    await readiness.create(PROPERTIES);
    expect(await readiness.update(changed)).toMatchObject({ status: 'SUCCESS' });
    instancesAre();
    forgetCalls();
    expect(await readiness.rollBack(PROPERTIES)).toEqual(notChecked);
    askedForTheStackAlone();
    expect(logLines().at(-1)).toMatchObject({ level: 'INFO', message: 'ReadinessNotChecked', status: 'UPDATE_ROLLBACK_IN_PROGRESS' });
  });

  test('that overtakes the wait of its update', async () => {
    await readiness.create(PROPERTIES);
    kdumpIs(() => 'Pending');
    readiness.beforeLook = () => stackIs('UPDATE_ROLLBACK_IN_PROGRESS');
    expect(await readiness.update(changed)).toEqual({ ...notChecked, looks: 2 });
  });
});

describe('checks as ever', () => {
  const arm = { InstanceId: INSTANCE, Architecture: 'arm64' as const };

  test('when it is created, without a question about the stack: a rollback of that only deletes', async () => {
    expect(await readiness.create(PROPERTIES)).toMatchObject({ status: 'SUCCESS' });
    expect(cloudFormationMock.calls()).toEqual([]);
  });

  test.each(['UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'UPDATE_COMPLETE', 'ROLLBACK_IN_PROGRESS'] as const)('and fails in a stack that is %s', async status => {
    instancesAre(arm);
    const update = readiness.update(PROPERTIES);
    stackIs(status);
    expect(await update).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('UnsupportedArchitecture') });
  });

  test.each<[string, () => unknown, RegExp]>([
    ['is denied', () => cloudFormationMock.rejects(awsError('AccessDenied', 403)), /^cloudformation:DescribeStacks: AccessDenied: /],
    ['knows no such stack', () => cloudFormationMock.rejects(awsError('ValidationError', 400)), /ValidationError/],
    ['names another one', () => cloudFormationMock.resolves({ Stacks: [{ StackId: 'x', StackStatus: 'UPDATE_ROLLBACK_IN_PROGRESS' } as any] }), /IncompleteAnswer: StackStatus is not in it/],
    ['names none', () => cloudFormationMock.resolves({}), /IncompleteAnswer/],
  ])('and fails where the question %s, which the log says', async (_, arrange, missing) => {
    instancesAre(arm);
    const rollback = readiness.rollBack(PROPERTIES);
    cloudFormationMock.reset();
    arrange();
    expect(await rollback).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('UnsupportedArchitecture') });
    expect(logLines().find(({ message }) => message === 'StackStatusUnknown')).toMatchObject({
      level: 'WARN', stackId: expect.stringMatching(/^arn:aws:cloudformation:/), missing: expect.stringMatching(missing),
    });
  });
});

describe('fails when the time is over', () => {
  test('with each instance, why, and what to do; what cannot be waited for stands first', async () => {
    policyIs(TWO);
    instancesAre({ InstanceId: INSTANCE }, { InstanceId: OTHER_INSTANCE, State: { Name: 'stopped' } });
    kdumpIs(() => 'Failed');
    const { status, reason, looks } = await readiness.create(PROPERTIES);
    expect({ status, looks }).toEqual({ status: 'FAILED', looks: 9 });
    expect(reason).toMatch(/^NotReady: 2 of 2 instances .*1 KdumpNotArmed, 1 NotRunning/);
    expect(reason).toMatch(new RegExp(`KdumpNotArmed: ${INSTANCE} \\(The association ${ASSOCIATION} has the status Failed on the instance\\)\\. .*reboot`));
    expect(reason).toMatch(new RegExp(`NotRunning: ${OTHER_INSTANCE} \\(The instance is stopped\\)\\. Start it`));
  });

  test.each<[string, () => unknown, RegExp]>([
    ['an instance is not there', () => instancesAre(), /EvidenceMissing: i-\w+ \(.*EC2 knows no such instance/],
    ['EC2 does not say which there are', () => ec2Mock.on(DescribeInstancesCommand).rejects(awsError('InternalError', 500)), /^NotReady: EvidenceMissing: Which instances/],
    ['a dry run is answered by something else', () => dryRuns(() => awsError('IncorrectState', 400)), /EvidenceMissing: .*May the function interrupt it\? .*IncorrectState/],
    ['the last run was too long ago', () => policyIs({ ...ARMED, maximumReadinessAgeSeconds: 1 }), /KdumpNotArmed: .*last ran \d+ s ago/],
  ])('where %s', async (_, arrange, expected) => {
    arrange();
    jest.setSystemTime(NOW.getTime() + 10_000);
    expect(await readiness.create(PROPERTIES)).toMatchObject({ status: 'FAILED', looks: 9, reason: expect.stringMatching(expected) });
  });

  test('within the length that CloudFormation takes, however many there are', async () => {
    policyIs(BY_TAG);
    instancesAre(...Array.from({ length: 100 }, (_, number) => ({ InstanceId: idOf(number), ...number === 99 && { Architecture: 'arm64' as const } })));
    kdumpIs(() => undefined);
    const { reason } = await readiness.create(PROPERTIES);
    expect(reason).toMatch(/^NotReady: 100 of 100 .*\(1 UnsupportedArchitecture, \d+ KdumpNotArmed/);
    expect(reason).toContain(`UnsupportedArchitecture: ${idOf(99)}`);
    expect(reason).toMatch(/The log line InterruptReadiness has all\.$/);
  });
});

describe('the construct', () => {
  const OWN_STACK = { Action: 'cloudformation:DescribeStacks', Effect: 'Allow', Resource: { Ref: 'AWS::StackId' } };
  const setting = (crashKernel?: CrashKernel, targets = KdumpTargets.tag('Kdump', 'on')) => {
    const stack = new Stack(new App(), 'Test');
    const kdump = new KdumpAssociation(stack, 'Kdump', { targets, crashKernel });
    return { stack, interrupt: new DiagnosticInterrupt(stack, 'Interrupt', { kdump }) };
  };
  const propertiesOf = (stack: Stack) => Object.values(Template.fromStack(stack).findResources('Custom::InterruptReadiness'))[0].Properties;

  test('waits a quarter of an hour for kdump, and CloudFormation somewhat longer', () => {
    const { stack, interrupt } = setting();
    const made = new InterruptReadiness(stack, 'Ready', { interrupt });
    expect(propertiesOf(stack)).toMatchObject({ timeoutSeconds: 900, requireArmed: true, ServiceTimeout: '1200' });
    expect(stack.resolve(made.note)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Ready/), 'note'] });
  });

  test('needs no permission beyond those of the function but to look at its own stack, which it has before it is called', () => {
    const policies = (stack: Stack) => Template.fromStack(stack).findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: Match.stringLikeRegexp('^InterruptRole') }] } });
    const [without, having] = [setting(), setting()];
    new InterruptReadiness(having.stack, 'Ready', having);
    const added = Object.entries(policies(having.stack)).filter(([id]) => !(id in policies(without.stack)));
    expect(added.map(([, { Properties }]) => Properties.PolicyDocument.Statement)).toEqual([[OWN_STACK]]);
    Template.fromStack(having.stack).hasResource('Custom::InterruptReadiness', { DependsOn: added.map(([id]) => id) });
  });

  test.each<[string, (stack: Stack) => Stack]>([
    ['a nested stack', stack => new NestedStack(stack, 'Nested')],
    ['another stack', stack => new Stack(stack.node.root as App, 'Other')],
  ])('in %s it may look at that', (_, stackOf) => {
    const { stack, interrupt } = setting();
    const own = stackOf(stack);
    new InterruptReadiness(own, 'Ready', { interrupt });
    const statements = (of: Stack) => Object.values(Template.fromStack(of).findResources('AWS::IAM::Policy')).flatMap(each => each.Properties.PolicyDocument.Statement);
    expect(statements(own)).toEqual([OWN_STACK]);
    expect(JSON.stringify(statements(stack))).not.toContain('cloudformation:');
  });

  test('checks again when the program, the targets or the policy change, and only then', () => {
    const variants = [
      setting(), setting(), setting(CrashKernel.size(Size.mebibytes(512))), setting(undefined, KdumpTargets.tag('Kdump', 'yes')),
    ];
    const [first, same, program, targets] = variants.map(each => {
      new InterruptReadiness(each.stack, 'Ready', each);
      return JSON.stringify(propertiesOf(each.stack));
    });
    expect(same).toBe(first);
    expect(program).not.toBe(first);
    expect(targets).not.toBe(first);
  });

  test.each([Duration.seconds(59), Duration.minutes(56)])('refuses to wait for %s', timeout => {
    const { stack, interrupt } = setting();
    expect(() => new InterruptReadiness(stack, 'Ready', { interrupt, timeout })).toThrow(/timeout: \d+ seconds were given; a literal Duration from 1 minute to 55 minutes is allowed/);
  });
});
