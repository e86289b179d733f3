import { DescribeAlarmsCommand, ListAlarmMuteRulesCommand } from '@aws-sdk/client-cloudwatch';
import { GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeInstanceTypesCommand } from '@aws-sdk/client-ec2';
import { DescribeAssociationCommand, DescribeInstanceAssociationsStatusCommand } from '@aws-sdk/client-ssm';
import {
  alarmsAre, awsCalls, awsError, cloudWatchMock, dynamoDbMock, ec2Mock, instanceIs, sends, ssmMock,
} from './aws-mock';
import {
  ago, ALARM_ARN, alarmEvent, ARMED, ASSOCIATION, bridgeEvent, BY_SHARE, BY_TAG, compositeEvent, INSTANCE, MUTE_ARN, NOW,
  OTHER_INSTANCE, watchEvent,
} from './fixtures';
import { eachForAHungInstance } from './hung-instance';
import { CONTEXT, expectReported, listen, metric, metrics, policyIs } from './reported';
import { INTERRUPT_POLICY_VARIABLE, InterruptPolicy } from '../../src/interrupt/interrupt-policy';
import { handler } from '../../src/interrupt/interrupt.lambda';

// From the event to the verdict. Claim and call: claim-and-call.test.ts.

const DIRECT_CALL = { instanceId: INSTANCE, reason: 'it hangs' };

eachForAHungInstance();

describe('a hung instance whose kdump is armed', () => {
  test.each<[string, unknown]>([
    ['an alarm', alarmEvent()], ['EventBridge', bridgeEvent()], ['a composite alarm', compositeEvent()], ['a fleet watch', watchEvent()],
    ['a direct call', DIRECT_CALL],
  ])('gets exactly one interrupt from %s', async (_what, event) => {
    const outcome = await handler(event, CONTEXT);
    expect(sends().map(({ args }) => args[0].input)).toEqual([{ InstanceId: INSTANCE }]);
    expect(outcome).toMatchObject({ decision: 'interrupt', instanceId: INSTANCE, sent: true, evidence: { kdump: { status: 'Success' } } });
    expect(outcome).not.toHaveProperty('reason');
    expect(JSON.parse(JSON.stringify(outcome))).toEqual(outcome);
    expectReported('InterruptSent', {
      level: 'INFO', request: { instanceId: INSTANCE }, evidence: outcome.evidence, verdict: { decision: 'interrupt' },
    }, 'InterruptsSent');
  });

  test('gets it by its tag', async () => {
    policyIs(BY_TAG);
    expect(await handler(alarmEvent(), CONTEXT)).toMatchObject({ sent: true });
  });

  test('gets it by a share of the fleet', async () => {
    policyIs(BY_SHARE);
    expect(await handler(alarmEvent(), CONTEXT)).toMatchObject({ sent: true, evidence: { fleet: { size: 26 } } });
  });
});

describe('refuses, and sends nothing:', () => {
  const status = (instanceStatus: string, systemStatus: string, ImpairedSince?: Date) => ec2Mock.on(DescribeInstanceStatusCommand).resolves({
    InstanceStatuses: [{
      InstanceId: INSTANCE,
      InstanceStatus: { Status: instanceStatus as 'ok', Details: [{ Name: 'reachability', Status: 'failed', ImpairedSince }] },
      SystemStatus: { Status: systemStatus as 'ok' },
    }],
  });
  const typeIs = (name: string, facts: object) => {
    instanceIs({ InstanceType: name });
    ec2Mock.on(DescribeInstanceTypesCommand).resolves({
      InstanceTypes: [{ InstanceType: name as 'm4.large', Hypervisor: 'nitro', BareMetal: false, ProcessorInfo: { SupportedArchitectures: ['x86_64'] }, ...facts }],
    });
  };
  const expiresAt = { N: String(NOW.getTime() / 1000 + 60) };
  test.each<[string, () => unknown]>([
    ['NotInAlarm', () => alarmsAre({ StateValue: 'OK' })],
    ['Muted', () => cloudWatchMock.on(ListAlarmMuteRulesCommand).resolves({ AlarmMuteRuleSummaries: [{ AlarmMuteRuleArn: MUTE_ARN }] })],
    ['CoolingDown', () => dynamoDbMock.on(GetItemCommand).resolves({ Item: { expiresAt } })],
    ['NotATarget', () => policyIs({ ...BY_TAG, targets: { tag: { key: 'kdump', values: ['never'] } } })],
    ['NotRunning', () => instanceIs({ State: { Name: 'stopping' } })],
    ['SystemImpaired', () => status('impaired', 'impaired', new Date('2026-01-02T03:04:00Z'))],
    ['Responsive', () => status('ok', 'ok')],
    ['BareMetal', () => typeIs('m7i.metal-24xl', { Hypervisor: undefined, BareMetal: true })],
    ['UnsupportedInstanceType', () => typeIs('m4.large', { Hypervisor: 'xen' })],
    ['UnsupportedArchitecture', () => instanceIs({ Architecture: 'arm64' })],
    ['KdumpNotArmed', () => ssmMock.on(DescribeInstanceAssociationsStatusCommand).resolves({
      InstanceAssociationStatusInfos: [{ AssociationId: ASSOCIATION, InstanceId: INSTANCE, Status: 'Failed', DetailedStatus: 'Failed', ErrorCode: '' }],
    })],
    ['DryRun', () => policyIs({ ...ARMED, mode: 'dryRun' })],
  ])('refuses %s', async (reason, arrange) => {
    arrange();
    const outcome = await handler(alarmEvent(), CONTEXT);
    expect(sends()).toHaveLength(0);
    expect(outcome).toMatchObject({
      decision: 'refuse', reason, explanation: expect.any(String), instanceId: INSTANCE, refusals: [{ reason }], sent: false, evidence: { instance: {} },
    });
    expectReported('InterruptRefused', { level: 'WARN', request: { instanceId: INSTANCE }, evidence: outcome.evidence, verdict: { reason } },
      'InterruptsRefused', { Reason: reason });
  });

  test.each<[string, unknown, InterruptPolicy]>([
    ['NotInAlarm', alarmEvent('OK'), ARMED],
    ['NotInAlarm', alarmEvent('INSUFFICIENT_DATA'), BY_TAG],
    ['NotATarget', { ...DIRECT_CALL, instanceId: OTHER_INSTANCE }, ARMED],
    ['Muted', bridgeEvent({ muteDetail: { mutedByArn: MUTE_ARN } }), ARMED],
    ['StaleEvent', { ...watchEvent(), time: ago(601) }, ARMED],
    ['StaleEvent', { ...alarmEvent(), time: ago(601) }, ARMED],
  ])('refuses %s without asking AWS anything, when the event itself says enough', async (reason, event, policy) => {
    policyIs(policy);
    const outcome = await handler(event, CONTEXT);
    expect(awsCalls()).toHaveLength(0);
    expect(outcome).toMatchObject({ decision: 'refuse', reason, sent: false });
    expectReported('InterruptRefused', { verdict: { reason } }, 'InterruptsRefused', { Reason: reason });
  });

  test.each([
    ['alarm', cloudWatchMock, DescribeAlarmsCommand],
    ['instance', ec2Mock, DescribeInstancesCommand],
    ['status', ec2Mock, DescribeInstanceStatusCommand],
    ['type', ec2Mock, DescribeInstanceTypesCommand],
    ['kdump', ssmMock, DescribeInstanceAssociationsStatusCommand],
    ['fleet', ssmMock, DescribeAssociationCommand],
    ['mute', cloudWatchMock, ListAlarmMuteRulesCommand],
    ['claim', dynamoDbMock, GetItemCommand],
    ['slots', dynamoDbMock, QueryCommand],
  ] as const)('fails with EvidenceMissing, so that Lambda tries again, when the API for the %s fails', async (piece, mock, command) => {
    policyIs(BY_SHARE);
    instanceIs({ InstanceType: `c7i.${piece}` }); // a type that is not remembered from another test
    (mock as typeof ec2Mock).on(command as never).rejects(awsError('RequestLimitExceeded', 503));
    await expect(handler(alarmEvent(), CONTEXT)).rejects.toThrow(expect.objectContaining({
      name: 'EvidenceMissing', message: expect.stringContaining('RequestLimitExceeded'),
    }));
    expect(sends()).toHaveLength(0);
    expectReported('InterruptRefused', { evidence: {}, verdict: { reason: 'EvidenceMissing' } },
      'InterruptsRefused', { Reason: 'EvidenceMissing' });
  });

  test('refuses CircuitOpen, and counts it as what it is as well, wherever it stands among the reasons', async () => {
    dynamoDbMock.on(QueryCommand).resolves({ Items: ['000', '001', '002'].map(name => ({ name: { S: name }, expiresAt })) });
    expect(await handler(alarmEvent(), CONTEXT)).toMatchObject({ reason: 'CircuitOpen', refusals: [{ reason: 'CircuitOpen' }], sent: false });
    expect(metrics()).toEqual([metric('InterruptsRefused', { Reason: 'CircuitOpen' }), metric('CircuitOpen')]);
    listen();
    status('ok', 'ok');
    expect(await handler(alarmEvent(), CONTEXT)).toMatchObject({ reason: 'Responsive', refusals: [{ reason: 'Responsive' }, { reason: 'CircuitOpen' }] });
    expect(metrics()).toEqual([metric('InterruptsRefused', { Reason: 'Responsive' }), metric('CircuitOpen')]);
    expect(sends()).toHaveLength(0);
  });

  test('fails with ImpairedTooShort, so that Lambda tries again, when the instance has not hung for long', async () => {
    policyIs({ ...ARMED, minimumImpairedSeconds: 91 });
    await expect(handler(alarmEvent(), CONTEXT)).rejects.toThrow(expect.objectContaining({ name: 'ImpairedTooShort', message: expect.stringContaining('90 s') }));
    expect(sends()).toHaveLength(0);
    expectReported('InterruptRefused', { verdict: { reason: 'ImpairedTooShort' } }, 'InterruptsRefused', { Reason: 'ImpairedTooShort' });
  });

  test('refuses for good what is too short and something else as well', async () => {
    policyIs({ ...ARMED, minimumImpairedSeconds: 91 });
    instanceIs({ State: { Name: 'stopped' } });
    expect(await handler(alarmEvent(), CONTEXT)).toMatchObject({ reason: 'NotRunning', refusals: [{ reason: 'NotRunning' }, { reason: 'ImpairedTooShort' }] });
  });

  test('refuses for good when something else is certain, although evidence is missing', async () => {
    status('ok', 'ok');
    ssmMock.on(DescribeInstanceAssociationsStatusCommand).rejects(awsError('ThrottlingException', 400));
    expect(await handler(alarmEvent(), CONTEXT)).toMatchObject({
      reason: 'Responsive', refusals: [{ reason: 'Responsive' }, { reason: 'EvidenceMissing' }], sent: false,
    });
  });
});

describe('fails before AWS is asked anything:', () => {
  test.each<[string, unknown]>([
    ['an unknown event', { Records: [] }],
    ['a composite alarm that nothing set off', { ...alarmEvent(), alarmData: { ...alarmEvent().alarmData, configuration: { alarmRule: 'ALARM(a)' } } }],
    ['nothing', undefined],
  ])('fails with UnknownEvent on %s', async (_what, event) => {
    await expect(handler(event, CONTEXT)).rejects.toThrow(expect.objectContaining({ name: 'UnknownEvent' }));
    expect(awsCalls()).toHaveLength(0);
    expectReported('RequestFailed', { level: 'ERROR', error: { name: 'UnknownEvent' } },
      'Errors', { ErrorName: 'UnknownEvent' });
  });

  test.each([undefined, '{"mode":"armed"}'])('fails with InvalidPolicy on the policy %j', async (policy) => {
    delete process.env[INTERRUPT_POLICY_VARIABLE];
    if (policy) process.env[INTERRUPT_POLICY_VARIABLE] = policy;
    await expect(handler(alarmEvent(), CONTEXT)).rejects.toThrow(expect.objectContaining({ name: 'InvalidPolicy' }));
    expect(awsCalls()).toHaveLength(0);
    expectReported('RequestFailed', { error: { name: 'InvalidPolicy' } }, 'Errors', { ErrorName: 'InvalidPolicy' });
  });
});

describe('a composite alarm whose alarms', () => {
  const fails = async (name: string, message: string) => {
    await expect(handler(compositeEvent(), CONTEXT)).rejects.toThrow(expect.objectContaining({ name, message: expect.stringContaining(message) }));
    expect(sends()).toHaveLength(0);
    expect(ec2Mock.calls()).toHaveLength(0);
    expectReported('RequestFailed', { level: 'ERROR', error: { name } }, 'Errors', { ErrorName: name });
  };
  const instanceDimension = (Value: string) => [{ Name: 'InstanceId', Value }];

  test('watch several instances fails: it is about none of them', async () => {
    alarmsAre({ Dimensions: instanceDimension(OTHER_INSTANCE) });
    await fails('UnknownEvent', '2 instances instead of one');
  });

  test('watch no instance fails', async () => {
    alarmsAre({ Dimensions: [] });
    await expect(handler(compositeEvent([ALARM_ARN]), CONTEXT)).rejects.toThrow(expect.objectContaining({ name: 'UnknownEvent' }));
  });

  test('watch something else by that name fails', async () => {
    cloudWatchMock.on(DescribeAlarmsCommand).callsFake(({ AlarmNames }) => ({
      MetricAlarms: AlarmNames.map((name: string) => (
        { AlarmArn: ALARM_ARN.replace('web-unresponsive', name), MetricName: 'm', Dimensions: instanceDimension('i-unknown') }
      )),
    }));
    await fails('UnknownEvent', 'not an instance ID');
  });

  test('cannot be read fails with EvidenceMissing, so that Lambda tries again', async () => {
    cloudWatchMock.on(DescribeAlarmsCommand).rejects(awsError('AccessDenied', 403));
    await fails('EvidenceMissing', 'AccessDenied');
  });

  test('are of another account fails with EvidenceMissing', async () => {
    alarmsAre({ AlarmArn: ALARM_ARN.replace('111122223333', '999988887777') });
    await fails('EvidenceMissing', 'IncompleteAnswer');
  });
});
