import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeInstanceTypesCommand } from '@aws-sdk/client-ec2';
import { DescribeInstanceAssociationsStatusCommand } from '@aws-sdk/client-ssm';
import { awsAnswersForAHungInstance, awsError, cloudWatchMock, ec2Mock, instanceIs, ssmMock } from './aws-mock';
import { ALARM_ARN, ARMED, ASSOCIATION, DIRECT, FROM_ALARM, HUNG, INSTANCE, OTHER_INSTANCE } from './fixtures';
import { EVIDENCE_DEADLINE_MS, gatherEvidence } from '../../src/interrupt/evidence';

beforeEach(awsAnswersForAHungInstance);

test('gathers what AWS says, as plain JSON', async () => {
  const evidence = await gatherEvidence(FROM_ALARM, ARMED);
  expect(evidence).toEqual({
    ...HUNG,
    alarm: { state: 'ALARM', stateSince: '2026-01-02T03:05:00.000Z' },
  });
  expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
});

test('asks about this instance, this alarm and metric alarms only, and also when the instance is not running', async () => {
  await gatherEvidence(FROM_ALARM, ARMED);
  expect(cloudWatchMock.commandCalls(DescribeAlarmsCommand)[0].args[0].input).toEqual({ AlarmNames: ['web-unresponsive'], AlarmTypes: ['MetricAlarm'] });
  expect(ec2Mock.commandCalls(DescribeInstancesCommand)[0].args[0].input).toEqual({ InstanceIds: [INSTANCE] });
  expect(ec2Mock.commandCalls(DescribeInstanceStatusCommand)[0].args[0].input).toEqual({ InstanceIds: [INSTANCE], IncludeAllInstances: true });
  expect(ssmMock.commandCalls(DescribeInstanceAssociationsStatusCommand)[0].args[0].input).toMatchObject({ InstanceId: INSTANCE });
});

test('asks for no alarm on a direct call', async () => {
  expect(await gatherEvidence(DIRECT, ARMED)).not.toHaveProperty('alarm');
  expect(cloudWatchMock.calls()).toHaveLength(0);
});

test('a tag named __proto__ is a tag like any other', async () => {
  instanceIs({ Tags: [{ Key: 'kdump', Value: 'on' }, { Key: '__proto__', Value: 'polluted' }] });
  const { instance } = await gatherEvidence(DIRECT, ARMED);
  const { tags } = instance as { tags: object };
  expect(Object.keys(tags)).toEqual(['kdump', '__proto__']);
  expect(Object.getPrototypeOf(tags)).toBe(Object.prototype);
});

test('an instance without tags has none', async () => {
  instanceIs({ Tags: undefined });
  expect(await gatherEvidence(DIRECT, ARMED)).toMatchObject({ instance: { tags: {} } });
});

test('asks once for a type that it has seen, and again for one of which it got no answer', async () => {
  instanceIs({ InstanceType: 'c7a.xlarge' });
  ec2Mock.on(DescribeInstanceTypesCommand).rejectsOnce(awsError('RequestLimitExceeded', 503)).resolves({
    InstanceTypes: [{ InstanceType: 'c7a.xlarge', Hypervisor: 'nitro', BareMetal: false, ProcessorInfo: { SupportedArchitectures: ['x86_64'] } }],
  });
  expect((await gatherEvidence(DIRECT, ARMED)).instanceType).toEqual({ missing: expect.stringContaining('RequestLimitExceeded') });
  expect((await gatherEvidence(DIRECT, ARMED)).instanceType).toEqual(HUNG.instanceType);
  expect((await gatherEvidence(DIRECT, ARMED)).instanceType).toEqual(HUNG.instanceType);
  expect(ec2Mock.commandCalls(DescribeInstanceTypesCommand)).toHaveLength(2);
});

describe('an API that fails', () => {
  test.each([
    ['alarm', cloudWatchMock, DescribeAlarmsCommand, 'cloudwatch:DescribeAlarms'],
    ['instance', ec2Mock, DescribeInstancesCommand, 'ec2:DescribeInstances'],
    ['status', ec2Mock, DescribeInstanceStatusCommand, 'ec2:DescribeInstanceStatus'],
    ['kdump', ssmMock, DescribeInstanceAssociationsStatusCommand, 'ssm:DescribeInstanceAssociationsStatus'],
  ] as const)('fails for %s alone, by the name of the error', async (piece, mock, command, api) => {
    const before = await gatherEvidence(FROM_ALARM, ARMED);
    (mock as typeof ec2Mock).on(command as never).rejects(awsError('UnauthorizedOperation', 403));
    const evidence = await gatherEvidence(FROM_ALARM, ARMED);
    expect(evidence).toEqual({
      ...before,
      ...(piece === 'instance' && { instanceType: { missing: expect.any(String) } }),
      [piece]: { missing: `${api}: UnauthorizedOperation: UnauthorizedOperation happened` },
    });
  });

  test('fails with a short text, whatever was thrown', async () => {
    ec2Mock.on(DescribeInstanceStatusCommand).rejects(new Error('x'.repeat(100_000)));
    expect((await gatherEvidence(DIRECT, ARMED)).status).toEqual({ missing: expect.stringMatching(/^.{20,400}$/) });
  });
});

describe('an answer without the thing fails', () => {
  const missing = { missing: expect.stringContaining('IncompleteAnswer') };

  test.each([
    ['nothing', {}],
    ['no alarm', { MetricAlarms: [] }],
    ['the alarm of another Region', { MetricAlarms: [{ AlarmName: 'web-unresponsive', AlarmArn: ALARM_ARN.replace('central', 'west'), StateValue: 'ALARM' as const }] }],
    ['an alarm without a state', { MetricAlarms: [{ AlarmArn: ALARM_ARN }] }],
  ])('alarm: %s', async (_what, answer) => {
    cloudWatchMock.on(DescribeAlarmsCommand).resolves(answer);
    expect((await gatherEvidence(FROM_ALARM, ARMED)).alarm).toEqual(missing);
  });

  const facts = { InstanceType: 'm7i.large' as const, Architecture: 'x86_64' as const };
  test.each([
    ['nothing', {}],
    ['no reservation', { Reservations: [] }],
    ['an empty reservation', { Reservations: [{}] }],
    ['another instance', { Reservations: [{ Instances: [{ ...facts, InstanceId: OTHER_INSTANCE, State: { Name: 'running' as const } }] }] }],
    ['no state', { Reservations: [{ Instances: [{ ...facts, InstanceId: INSTANCE }] }] }],
  ])('instance: %s', async (_what, answer) => {
    ec2Mock.on(DescribeInstancesCommand).resolves(answer);
    const evidence = await gatherEvidence(DIRECT, ARMED);
    expect(evidence.instance).toEqual(missing);
    expect(evidence.instanceType).toEqual({ missing: expect.any(String) });
  });

  const ok = { Status: 'ok' as const };
  test.each([
    ['nothing', {}],
    ['no instance', { InstanceStatuses: [] }],
    ['another instance', { InstanceStatuses: [{ InstanceId: OTHER_INSTANCE, InstanceStatus: ok, SystemStatus: ok }] }],
    ['no instance status', { InstanceStatuses: [{ InstanceId: INSTANCE, SystemStatus: ok }] }],
    ['no system status', { InstanceStatuses: [{ InstanceId: INSTANCE, InstanceStatus: ok }] }],
  ])('status: %s', async (_what, answer) => {
    ec2Mock.on(DescribeInstanceStatusCommand).resolves(answer);
    expect((await gatherEvidence(DIRECT, ARMED)).status).toEqual(missing);
  });

  const SupportedArchitectures = ['x86_64' as const];
  test.each([
    ['nothing', {}],
    ['another type', { InstanceTypes: [{ InstanceType: 'r7i.large' as const, BareMetal: false, ProcessorInfo: { SupportedArchitectures } }] }],
    ['not whether it is bare metal', { InstanceTypes: [{ InstanceType: 'r7a.large' as const, ProcessorInfo: { SupportedArchitectures } }] }],
    ['no architectures', { InstanceTypes: [{ InstanceType: 'r7a.large' as const, BareMetal: false }] }],
  ])('instance type: %s', async (_what, answer) => {
    instanceIs({ InstanceType: 'r7a.large' });
    ec2Mock.on(DescribeInstanceTypesCommand).resolves(answer);
    expect((await gatherEvidence(DIRECT, ARMED)).instanceType).toEqual(missing);
  });

  test.each([
    ['nothing', {}],
    ['no status', { InstanceAssociationStatusInfos: [{ AssociationId: ASSOCIATION, InstanceId: INSTANCE }] }],
  ])('kdump: %s', async (_what, answer) => {
    ssmMock.on(DescribeInstanceAssociationsStatusCommand).resolves(answer);
    expect((await gatherEvidence(DIRECT, ARMED)).kdump).toEqual(missing);
  });
});

describe('the status of the association', () => {
  const entry = { AssociationId: ASSOCIATION, InstanceId: INSTANCE, Status: 'Success' };

  test('is looked for on every page', async () => {
    ssmMock.on(DescribeInstanceAssociationsStatusCommand)
      .resolvesOnce({ InstanceAssociationStatusInfos: [], NextToken: 'page 2' })
      .resolvesOnce({ InstanceAssociationStatusInfos: [entry] });
    expect((await gatherEvidence(DIRECT, ARMED)).kdump).toEqual({ status: 'Success' });
    expect(ssmMock.commandCalls(DescribeInstanceAssociationsStatusCommand).map(({ args }) => args[0].input.NextToken)).toEqual([undefined, 'page 2']);
  });

  test.each([
    ['there is no entry', []],
    ['there is only another association', [{ ...entry, AssociationId: '99999999-2222-4333-8444-555555555555' }]],
    ['there is only another instance', [{ ...entry, InstanceId: OTHER_INSTANCE }]],
  ])('is known to be none when %s', async (_what, InstanceAssociationStatusInfos) => {
    ssmMock.on(DescribeInstanceAssociationsStatusCommand).resolves({ InstanceAssociationStatusInfos, NextToken: '' });
    expect((await gatherEvidence(DIRECT, ARMED)).kdump).toEqual({});
  });

  test('fails when the pages do not end', async () => {
    ssmMock.on(DescribeInstanceAssociationsStatusCommand).resolves({ InstanceAssociationStatusInfos: [], NextToken: 'more' });
    expect((await gatherEvidence(DIRECT, ARMED)).kdump).toEqual({ missing: expect.stringContaining('IncompleteAnswer') });
    expect(ssmMock.calls()).toHaveLength(5);
  });
});

describe('time', () => {
  beforeEach(() => { jest.useFakeTimers(); });
  afterEach(() => { jest.useRealTimers(); });

  test.each([
    ['alarm', cloudWatchMock, DescribeAlarmsCommand],
    ['instance', ec2Mock, DescribeInstancesCommand],
    ['status', ec2Mock, DescribeInstanceStatusCommand],
    ['kdump', ssmMock, DescribeInstanceAssociationsStatusCommand],
  ] as const)('fails for %s when no answer comes, and keeps the rest', async (piece, mock, command) => {
    (mock as typeof ec2Mock).on(command as never).callsFake(async () => new Promise(() => {}));
    const gathering = gatherEvidence(FROM_ALARM, ARMED);
    await jest.advanceTimersByTimeAsync(EVIDENCE_DEADLINE_MS);
    const evidence = await gathering;
    const [, options] = (mock as typeof ec2Mock).commandCalls(command as never)[0].args as unknown as [unknown, { abortSignal: AbortSignal }];
    expect(options.abortSignal.aborted).toBe(true);
    expect(evidence[piece]).toEqual({ missing: expect.stringContaining('EvidenceTimeout') });
    for (const other of (['alarm', 'status', 'kdump'] as const).filter((each) => each !== piece)) expect(evidence[other]).not.toHaveProperty('missing');
  });

  test('asks for everything before the first answer has come', async () => {
    cloudWatchMock.on(DescribeAlarmsCommand).callsFake(async () => new Promise(() => {}));
    ec2Mock.on(DescribeInstancesCommand).callsFake(async () => new Promise(() => {}));
    ec2Mock.on(DescribeInstanceStatusCommand).callsFake(async () => new Promise(() => {}));
    ssmMock.on(DescribeInstanceAssociationsStatusCommand).callsFake(async () => new Promise(() => {}));
    const gathering = gatherEvidence(FROM_ALARM, ARMED);
    expect([cloudWatchMock.calls().length, ec2Mock.calls().length, ssmMock.calls().length]).toEqual([1, 2, 1]);
    await jest.advanceTimersByTimeAsync(EVIDENCE_DEADLINE_MS);
    await gathering;
  });

  test('leaves no timer behind', async () => {
    await gatherEvidence(FROM_ALARM, ARMED);
    expect(jest.getTimerCount()).toBe(0);
  });
});
