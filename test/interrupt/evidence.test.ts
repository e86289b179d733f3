import { DescribeAlarmsCommand, ListAlarmMuteRulesCommand } from '@aws-sdk/client-cloudwatch';
import { GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeInstanceTypesCommand } from '@aws-sdk/client-ec2';
import { DescribeAssociationCommand, DescribeInstanceAssociationsStatusCommand } from '@aws-sdk/client-ssm';
import { alarmsAre, awsAnswersForAHungInstance, awsCalls, awsError, cloudWatchMock, dynamoDbMock, ec2Mock, instanceIs, itIs, ssmMock } from './aws-mock';
import { ARMED, ASSOCIATION, BY_SHARE, DIRECT, FROM_ALARM, FROM_COMPOSITE, GAME_DAY, HUNG, INSTANCE, OTHER_INSTANCE } from './fixtures';
import { EVIDENCE_DEADLINE_MS, gatherEvidence } from '../../src/interrupt/evidence';

// The alarm and the mute rules: evidence-of-alarm.test.ts.

beforeEach(() => {
  itIs();
  awsAnswersForAHungInstance();
});
afterEach(() => { jest.useRealTimers(); });

/** Each part that one API answers, and what the part says of it. */
const APIS = [
  ['alarm', cloudWatchMock, DescribeAlarmsCommand, 'cloudwatch'],
  ['mute', cloudWatchMock, ListAlarmMuteRulesCommand, 'cloudwatch:ListAlarmMuteRules'],
  ['instance', ec2Mock, DescribeInstancesCommand, 'ec2:DescribeInstances'],
  ['status', ec2Mock, DescribeInstanceStatusCommand, 'ec2:DescribeInstanceStatus'],
  ['kdump', ssmMock, DescribeInstanceAssociationsStatusCommand, 'ssm:DescribeInstanceAssociationsStatus'],
  ['fleet', ssmMock, DescribeAssociationCommand, 'ssm:DescribeAssociation'],
  ['claims', dynamoDbMock, GetItemCommand, 'dynamodb'],
  ['claims', dynamoDbMock, QueryCommand, 'dynamodb'],
] as const;

test('gathers what AWS says, as plain JSON', async () => {
  const evidence = await gatherEvidence(FROM_ALARM, ARMED);
  expect(evidence).toEqual(HUNG);
  expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
});

test('asks about this instance, and also when the instance is not running', async () => {
  await gatherEvidence(FROM_ALARM, ARMED);
  expect(ec2Mock.commandCalls(DescribeInstancesCommand)[0].args[0].input).toEqual({ InstanceIds: [INSTANCE] });
  expect(ec2Mock.commandCalls(DescribeInstanceStatusCommand)[0].args[0].input).toEqual({ InstanceIds: [INSTANCE], IncludeAllInstances: true });
  expect(ssmMock.commandCalls(DescribeInstanceAssociationsStatusCommand)[0].args[0].input).toMatchObject({ InstanceId: INSTANCE });
});

test.each([DIRECT, GAME_DAY])('asks for no alarm where there is none: $source.kind', async (request) => {
  const evidence = await gatherEvidence(request, ARMED);
  expect(evidence).not.toHaveProperty('alarm');
  expect(evidence).not.toHaveProperty('mute');
  expect(cloudWatchMock.calls()).toHaveLength(0);
});

test('asks for the size of the fleet only where the limit is a share of it, and counts all statuses', async () => {
  expect(await gatherEvidence(DIRECT, ARMED)).not.toHaveProperty('fleet');
  expect(ssmMock.commandCalls(DescribeAssociationCommand)).toHaveLength(0);
  expect(await gatherEvidence(DIRECT, BY_SHARE)).toMatchObject({ fleet: { size: 26 } });
  expect(ssmMock.commandCalls(DescribeAssociationCommand)[0].args[0].input).toEqual({ AssociationId: ASSOCIATION });
});

test('knows what is claimed', async () => {
  const expiresAt = { N: String(Date.parse('2026-01-02T04:00:00Z') / 1000) };
  dynamoDbMock.on(GetItemCommand).resolves({ Item: { expiresAt } });
  dynamoDbMock.on(QueryCommand).resolves({ Items: [{ name: { S: '002' }, expiresAt }] });
  expect(await gatherEvidence(DIRECT, ARMED)).toMatchObject({ claims: { cooldownUntil: '2026-01-02T04:00:00.000Z', takenSlots: [2] } });
});

test('a tag named __proto__ is a tag like any other', async () => {
  instanceIs({ Tags: [{ Key: 'kdump', Value: 'on' }, { Key: '__proto__', Value: 'polluted' }] });
  const { instance } = await gatherEvidence(DIRECT, ARMED);
  const { tags } = instance as { tags: object };
  expect(Object.keys(tags)).toEqual(['kdump', '__proto__']);
  expect(Object.getPrototypeOf(tags)).toBe(Object.prototype);
});

test('knows of an alarm whether it may act', async () => {
  expect(await gatherEvidence(FROM_ALARM, ARMED)).toMatchObject({ alarm: { actionsEnabled: true } });
  alarmsAre({ ActionsEnabled: false }, { ActionsEnabled: true, ActionsSuppressedBy: 'WaitPeriod' });
  expect(await gatherEvidence(FROM_ALARM, ARMED)).toMatchObject({ alarm: { actionsEnabled: false } });
  // What its alarms may do is nothing to a composite one.
  expect(await gatherEvidence(FROM_COMPOSITE, ARMED)).toMatchObject({ alarm: { actionsEnabled: true, actionsSuppressedBy: 'WaitPeriod' } });
});

test('knows when the instance was started, and whether its volumes can be reached, where EC2 looks at that', async () => {
  const before = await gatherEvidence(DIRECT, ARMED);
  expect(before).toMatchObject({ instance: { launchTime: '2025-12-01T00:00:00.000Z' } });
  expect(before.status).not.toHaveProperty('attachedEbs');
  const ok = { Status: 'ok' as const };
  ec2Mock.on(DescribeInstanceStatusCommand).resolves({
    InstanceStatuses: [{ InstanceId: INSTANCE, InstanceStatus: ok, SystemStatus: ok, AttachedEbsStatus: { Status: 'impaired' } }],
  });
  expect(await gatherEvidence(DIRECT, ARMED)).toMatchObject({ status: { attachedEbs: { status: 'impaired' } } });
});

test('knows of Windows, on which the association skips its program and succeeds', async () => {
  expect((await gatherEvidence(DIRECT, ARMED)).instance).not.toHaveProperty('platform');
  instanceIs({ Platform: 'windows' });
  expect(await gatherEvidence(DIRECT, ARMED)).toMatchObject({ instance: { platform: 'windows' } });
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
  test.each(APIS)('fails for %s alone, by the name of the error', async (piece, mock, command, api) => {
    const before = await gatherEvidence(FROM_ALARM, BY_SHARE);
    (mock as typeof ec2Mock).on(command as never).rejects(awsError('UnauthorizedOperation', 403));
    const evidence = await gatherEvidence(FROM_ALARM, BY_SHARE);
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

  const facts = { InstanceType: 'm7i.large' as const, Architecture: 'x86_64' as const, LaunchTime: new Date() };
  test.each([
    ['nothing', {}],
    ['no reservation', { Reservations: [] }],
    ['an empty reservation', { Reservations: [{}] }],
    ['another instance', { Reservations: [{ Instances: [{ ...facts, InstanceId: OTHER_INSTANCE, State: { Name: 'running' as const } }] }] }],
    ['no date of its start', { Reservations: [{ Instances: [{ ...facts, LaunchTime: undefined, InstanceId: INSTANCE, State: { Name: 'running' as const } }] }] }],
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

  test.each([
    ['nothing', {}],
    ['no overview, as long as the association has not run', { AssociationDescription: {} }],
    ['no counts', { AssociationDescription: { Overview: { Status: 'Success' } } }],
  ])('fleet: %s', async (_what, answer) => {
    ssmMock.on(DescribeAssociationCommand).resolves(answer);
    expect((await gatherEvidence(DIRECT, BY_SHARE)).fleet).toEqual(missing);
  });

  test.each([['no list', {}], ['only a part', { Items: [], LastEvaluatedKey: { kind: { S: 'breaker' } } }]])('claims: %s', async (_what, answer) => {
    dynamoDbMock.on(QueryCommand).resolves(answer);
    expect((await gatherEvidence(DIRECT, ARMED)).claims).toEqual(missing);
  });

  test('status: a date that is none', async () => {
    ec2Mock.on(DescribeInstanceStatusCommand).resolves({
      InstanceStatuses: [{ InstanceId: INSTANCE, InstanceStatus: { Status: 'impaired', Details: [{ ImpairedSince: new Date(NaN) }] }, SystemStatus: ok }],
    });
    expect((await gatherEvidence(DIRECT, ARMED)).status).toEqual({ missing: expect.stringContaining('RangeError') });
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
    expect(ssmMock.calls()).toHaveLength(10);
  });
});

describe('time', () => {
  beforeEach(() => { jest.useFakeTimers(); });

  test.each(APIS)('fails for %s when no answer comes, and keeps the rest', async (piece, mock, command) => {
    (mock as typeof ec2Mock).on(command as never).callsFake(async () => new Promise(() => {}));
    const gathering = gatherEvidence(FROM_ALARM, BY_SHARE);
    await jest.advanceTimersByTimeAsync(EVIDENCE_DEADLINE_MS - 1);
    const [, options] = (mock as typeof ec2Mock).commandCalls(command as never)[0].args as unknown as [unknown, { abortSignal: AbortSignal }];
    expect(options.abortSignal.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    const evidence = await gathering;
    expect(options.abortSignal.aborted).toBe(true);
    expect(evidence[piece]).toEqual({ missing: expect.stringContaining('EvidenceTimeout') });
    const others = (['alarm', 'mute', 'status', 'kdump', 'claims', 'fleet'] as const).filter((each) => each !== piece);
    for (const other of others) expect(evidence[other]).not.toHaveProperty('missing');
  });

  test('fails for the type of the instance alone when only that answer does not come', async () => {
    instanceIs({ InstanceType: 'c6i.32xlarge' });
    ec2Mock.on(DescribeInstanceTypesCommand).callsFake(async () => new Promise(() => {}));
    const gathering = gatherEvidence(DIRECT, ARMED);
    await jest.advanceTimersByTimeAsync(EVIDENCE_DEADLINE_MS);
    expect(await gathering).toMatchObject({ instance: { state: 'running' }, instanceType: { missing: expect.stringContaining('EvidenceTimeout') } });
  });

  test('asks for everything before the first answer has come', async () => {
    for (const [, mock, command] of APIS) (mock as typeof ec2Mock).on(command as never).callsFake(async () => new Promise(() => {}));
    const gathering = gatherEvidence(FROM_ALARM, BY_SHARE);
    expect([cloudWatchMock, ec2Mock, ssmMock, dynamoDbMock].map(mock => mock.calls().length)).toEqual([2, 2, 2, 2]);
    await jest.advanceTimersByTimeAsync(EVIDENCE_DEADLINE_MS);
    expect(Object.values(await gathering).filter(part => typeof part === 'object' && 'missing' in part)).toHaveLength(8);
    expect(awsCalls()).toHaveLength(8);
  });

  test('leaves no timer behind', async () => {
    await gatherEvidence(FROM_ALARM, ARMED);
    expect(jest.getTimerCount()).toBe(0);
  });
});
