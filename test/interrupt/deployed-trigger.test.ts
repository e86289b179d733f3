import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstanceStatusCommand, SendDiagnosticInterruptCommand } from '@aws-sdk/client-ec2';
import { alarmsAre, awsAnswersForAHungInstance, awsError, cloudWatchMock, dynamoDbMock, ec2Mock, itIs, sends } from './aws-mock';
import { deliver, StackResource, tableInMemory } from './custom-resource-stack';
import { ALARM_ARN, ARMED, INSTANCE, OTHER_INSTANCE } from './fixtures';
import { CustomResourceType } from '../../src/interrupt/custom-resource-type';
import { INTERRUPT_POLICY_VARIABLE, InterruptPolicy } from '../../src/interrupt/interrupt-policy';

const hung = (revision: string, instanceId = INSTANCE) => ({ instanceId, revision, alarmArn: ALARM_ARN });
const gameDay = (revision: string) => ({ instanceId: INSTANCE, revision, gameDay: 'to see a dump' });
const SENT = { decision: 'interrupt', reason: '', explanation: '', sent: 'true' };
// An instance's cooldown of a second: what keeps it from a second interrupt here is the revision alone.
const EAGER: InterruptPolicy = { ...ARMED, claims: { ...ARMED.claims, cooldownSeconds: 1, windowSeconds: 1 } };

let trigger: StackResource;
let table: Map<string, unknown>;
const policyIs = (policy: InterruptPolicy) => process.env[INTERRUPT_POLICY_VARIABLE] = JSON.stringify(policy);
const later = (seconds: number) => jest.setSystemTime(Date.now() + seconds * 1000);
const healthy = () => ec2Mock.on(DescribeInstanceStatusCommand).resolves({
  InstanceStatuses: [{ InstanceId: INSTANCE, InstanceStatus: { Status: 'ok' }, SystemStatus: { Status: 'ok' } }],
});

beforeEach(() => {
  itIs();
  awsAnswersForAHungInstance();
  table = tableInMemory();
  policyIs(EAGER);
  trigger = new StackResource(CustomResourceType.TRIGGER);
  [process.stdout, process.stderr].forEach(stream => jest.spyOn(stream, 'write').mockReturnValue(true));
});

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  delete process.env[INTERRUPT_POLICY_VARIABLE];
});

describe('the life of a trigger', () => {
  test('one interrupt for each revision, and none for anything else', async () => {
    expect(await trigger.create(hung('1'))).toMatchObject({ status: 'SUCCESS', attributes: SENT, looks: 1 });
    expect(sends()).toHaveLength(1);
    later(60);
    // The same revision with other properties: the attributes are those of then.
    expect(await trigger.update(hung('1', OTHER_INSTANCE))).toMatchObject({ status: 'SUCCESS', attributes: SENT });
    expect(sends()).toHaveLength(1);
    later(60);
    expect(await trigger.update(hung('2'))).toMatchObject({ status: 'SUCCESS', attributes: SENT });
    expect(sends()).toHaveLength(2);
    later(60);
    // Something else in the stack failed: back to the revision before.
    expect(await trigger.update(hung('1'))).toMatchObject({ status: 'SUCCESS', attributes: SENT });
    later(60);
    expect(await trigger.update(hung('2'))).toMatchObject({ status: 'SUCCESS', attributes: SENT });
    expect(sends()).toHaveLength(2);
    expect(await trigger.delete()).toMatchObject({ status: 'SUCCESS' });
    expect(sends()).toHaveLength(2);
  });

  test('a revision that was asked for is not asked for again when the resource is created again', async () => {
    await trigger.create(hung('1'));
    await trigger.delete();
    later(60);
    expect(await new StackResource(CustomResourceType.TRIGGER).create(hung('1'))).toMatchObject({ attributes: SENT });
    expect(sends()).toHaveLength(1);
    expect(await new StackResource(CustomResourceType.TRIGGER, 'Other').create(hung('1'))).toMatchObject({ attributes: SENT });
    expect(sends()).toHaveLength(2);
  });

  test('an update without a new revision sends nothing, even if the table has been lost', async () => {
    await trigger.create(hung('1'));
    table.clear();
    later(60);
    expect(await trigger.update(hung('1', OTHER_INSTANCE))).toMatchObject({ status: 'SUCCESS', attributes: { decision: 'unknown', sent: 'unknown' } });
    expect(sends()).toHaveLength(1);
  });

  test('a rollback sends nothing, even if the table was lost before the update that it takes back', async () => {
    await trigger.create(hung('1'));
    table.clear();
    later(60);
    expect(await trigger.update(hung('2'))).toMatchObject({ attributes: SENT });
    later(60);
    expect(await trigger.rollBack(hung('1'))).toMatchObject({ status: 'SUCCESS', attributes: { decision: 'unknown', sent: 'unknown' } });
    expect(sends()).toHaveLength(2);
  });

  test('the same request delivered twice, at once or later, sends one and answers the same', async () => {
    const event = trigger.event('Create', hung('1'));
    const responses = await Promise.all([deliver(event), deliver(event)]);
    later(60);
    responses.push(await deliver(event));
    expect(responses.map(({ attributes }) => attributes)).toEqual([SENT, SENT, SENT]);
    expect(sends()).toHaveLength(1);
  });

  test('a try whose function ended at the call is never repeated', async () => {
    await trigger.create(hung('1'));
    const [[key, item]] = [...table].filter(([name]) => name.startsWith('revision'));
    table.set(key, { ...item as object, attributes: undefined });
    const again = await new StackResource(CustomResourceType.TRIGGER).create(hung('1'));
    expect(again).toMatchObject({ status: 'SUCCESS', attributes: { decision: 'unknown', sent: 'unknown', explanation: expect.stringContaining('new one') } });
    expect(again.looks).toBeGreaterThan(4);
    expect(sends()).toHaveLength(1);
  });
});

describe('a refusal', () => {
  test.each<[string, () => unknown]>([
    ['NotInAlarm', () => alarmsAre({ StateValue: 'OK' })],
    ['Responsive', healthy],
    ['DryRun', () => policyIs({ ...EAGER, mode: 'dryRun' })],
    ['NotATarget', () => policyIs({ ...EAGER, targets: { instanceIds: [OTHER_INSTANCE] } })],
  ])('%s does not fail the deployment: it is an attribute', async (reason, arrange) => {
    arrange();
    const { status, attributes, looks } = await trigger.create(hung('1'));
    expect({ status, looks }).toEqual({ status: 'SUCCESS', looks: 1 });
    expect(attributes).toEqual({ decision: 'refuse', reason, explanation: expect.stringMatching(/./), sent: 'false' });
    expect(sends()).toHaveLength(0);
  });

  test('counts as the one time that the revision is asked for', async () => {
    alarmsAre({ StateValue: 'OK' });
    await trigger.create(hung('1'));
    alarmsAre();
    expect(await new StackResource(CustomResourceType.TRIGGER).create(hung('1'))).toMatchObject({ attributes: { reason: 'NotInAlarm' } });
    expect(sends()).toHaveLength(0);
  });

  test('that time cures is tried again', async () => {
    cloudWatchMock.on(DescribeAlarmsCommand).rejects(awsError('AccessDenied', 403));
    trigger.beforeLook = () => alarmsAre();
    expect(await trigger.create(hung('1'))).toMatchObject({ attributes: SENT, looks: 2 });
    expect(sends()).toHaveLength(1);
  });

  test('that time does not cure in three minutes is one', async () => {
    cloudWatchMock.on(DescribeAlarmsCommand).rejects(awsError('AccessDenied', 403));
    expect(await trigger.create(hung('1'))).toMatchObject({
      status: 'SUCCESS', attributes: { reason: 'EvidenceMissing', explanation: expect.stringContaining('AccessDenied') }, looks: 13,
    });
  });

  test('within the cooldown, of a new revision', async () => {
    policyIs(ARMED);
    await trigger.create(hung('1'));
    expect(await trigger.update(hung('2'))).toMatchObject({ status: 'SUCCESS', attributes: { reason: 'CoolingDown' } });
    expect(sends()).toHaveLength(1);
  });
});

describe('fails the deployment', () => {
  test('when EC2 rejects the interrupt, and the revision can be used again', async () => {
    ec2Mock.on(SendDiagnosticInterruptCommand).rejects(awsError('UnauthorizedOperation', 403));
    const { status, reason } = await trigger.create(hung('1'));
    expect(status).toBe('FAILED');
    expect(reason).toMatch(/^InterruptRejected: EC2 did not send the interrupt to i-\w+: UnauthorizedOperation/);
    expect(await trigger.delete({})).toMatchObject({ status: 'SUCCESS' });
    ec2Mock.on(SendDiagnosticInterruptCommand).resolves({});
    expect(await trigger.create(hung('1'))).toMatchObject({ attributes: SENT });
  });

  test('and the update back sends nothing', async () => {
    await trigger.create(hung('1'));
    later(60);
    ec2Mock.on(SendDiagnosticInterruptCommand).rejects(awsError('UnauthorizedOperation', 403));
    expect(await trigger.update(hung('2'))).toMatchObject({ status: 'FAILED' });
    const before = sends().length;
    expect((await trigger.rollBack(hung('1'))).attributes).toEqual(SENT);
    expect(sends()).toHaveLength(before);
    ec2Mock.on(SendDiagnosticInterruptCommand).resolves({});
    expect(await trigger.update(hung('2'))).toMatchObject({ attributes: SENT });
  });

  test('but not when EC2 gives no clear answer: it may have been sent', async () => {
    ec2Mock.on(SendDiagnosticInterruptCommand).rejects(awsError('InternalError', 500));
    expect(await trigger.create(hung('1'))).toMatchObject({
      status: 'SUCCESS', attributes: { decision: 'interrupt', sent: 'unknown', explanation: expect.stringContaining('InternalError') },
    });
    expect(await new StackResource(CustomResourceType.TRIGGER).create(hung('1'))).toMatchObject({ attributes: { sent: 'unknown' } });
    expect(sends()).toHaveLength(1);
  });

  test('nor when what was sent cannot be recorded', async () => {
    dynamoDbMock.on(PutItemCommand, { ConditionExpression: 'attempt = :mine' }).rejects(awsError('InternalServerError', 500));
    expect(await trigger.create(hung('1'))).toMatchObject({ status: 'SUCCESS', attributes: SENT });
  });
});

describe('a game day', () => {
  test('interrupts a healthy instance where the policy has game days', async () => {
    policyIs({ ...EAGER, gameDays: true });
    healthy();
    expect(await trigger.create(gameDay('1'))).toMatchObject({ status: 'SUCCESS', attributes: SENT });
    expect(sends()).toHaveLength(1);
  });

  test.each([['healthy', healthy], ['hung', () => {}]])('refuses by name, in a forged event about a %s instance, where it has none', async (_, arrange) => {
    arrange();
    expect(await trigger.create(gameDay('1'))).toMatchObject({ status: 'FAILED', reason: expect.stringMatching(/^GameDaysNotAllowed: /) });
    expect(sends()).toHaveLength(0);
    expect(table.size).toBe(0);
  });
});
