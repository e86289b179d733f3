import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeInstanceTypesCommand, SendDiagnosticInterruptCommand,
} from '@aws-sdk/client-ec2';
import { DescribeInstanceAssociationsStatusCommand } from '@aws-sdk/client-ssm';
import type { Context } from 'aws-lambda';
import { awsAnswersForAHungInstance, awsCalls, awsError, cloudWatchMock, ec2Mock, instanceIs, sends, ssmMock } from './aws-mock';
import { alarmEvent, ARMED, ASSOCIATION, BY_TAG, INSTANCE, OTHER_INSTANCE } from './fixtures';
import { INTERRUPT_POLICY_VARIABLE, InterruptPolicy } from '../../src/interrupt/interrupt-policy';
import { handler } from '../../src/interrupt/interrupt.lambda';

const CONTEXT = { functionName: 'interrupt', memoryLimitInMB: '256', awsRequestId: 'request-1', invokedFunctionArn: 'arn' } as Context;
const DIRECT_CALL = { instanceId: INSTANCE, reason: 'game day' };

let output: string[];
const lines = () => output.join('').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const logLines = () => lines().filter((line) => !line._aws);
const metrics = () => lines().filter((line) => line._aws).flatMap(({ _aws, ...values }) => (
  _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }: any) => Metrics.map(({ Name }: any) => {
    const dimensions = Dimensions.map((names: string[]) => Object.fromEntries(names.map((name) => [name, values[name]])));
    return { Namespace, Name, value: values[Name], dimensions };
  }))
));

/** As it stands in a log line: without what is undefined. */
function asJson(log: object): object {
  return JSON.parse(JSON.stringify(log));
}

/** Exactly one log line and one metric, counted in total and by the dimension. */
function expectReported(message: string, log: object, metric: string, dimension?: object) {
  expect(logLines()).toHaveLength(1);
  expect(logLines()[0]).toMatchObject({ message, function_request_id: 'request-1', ...asJson(log) });
  const service = 'diagnostic-interrupt';
  expect(metrics()).toEqual([{
    Namespace: 'CdkDiagnosticInterrupt', Name: metric, value: 1, dimensions: [{ service }, ...(dimension ? [{ service, ...dimension }] : [])],
  }]);
}

function policyIs(policy: InterruptPolicy) {
  process.env[INTERRUPT_POLICY_VARIABLE] = JSON.stringify(policy);
}

beforeEach(() => {
  awsAnswersForAHungInstance();
  policyIs(ARMED);
  output = [];
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      output.push(String(chunk));
      return true;
    });
  }
});

afterEach(() => {
  jest.restoreAllMocks();
  delete process.env[INTERRUPT_POLICY_VARIABLE];
});

describe('a hung instance whose kdump is armed', () => {
  test.each([['an alarm', alarmEvent()], ['a direct call', DIRECT_CALL]])('gets exactly one interrupt from %s', async (_what, event) => {
    const outcome = await handler(event, CONTEXT);
    expect(sends().map(({ args }) => args[0].input)).toEqual([{ InstanceId: INSTANCE }]);
    expect(outcome).toMatchObject({ decision: 'interrupt', instanceId: INSTANCE, sent: true, evidence: { kdump: { status: 'Success' } } });
    expect(outcome).not.toHaveProperty('reason');
    expect(JSON.parse(JSON.stringify(outcome))).toEqual(outcome);
    expectReported('InterruptSent', {
      level: 'INFO', request: { instanceId: INSTANCE }, evidence: outcome.evidence, verdict: { decision: 'interrupt' },
    }, 'InterruptsSent');
  });

  test('gets it from a client that never tries twice, over the connections of the reading one', async () => {
    await handler(alarmEvent(), CONTEXT);
    const sender = sends()[0].thisValue as any;
    const reader = ec2Mock.commandCalls(DescribeInstancesCommand)[0].thisValue as any;
    expect(await sender.config.maxAttempts()).toBe(1);
    expect(await reader.config.maxAttempts()).toBe(3);
    expect(sender.config.requestHandler).toBe(reader.config.requestHandler);
  });

  test('gets it after every read', async () => {
    await handler(alarmEvent(), CONTEXT);
    expect(ec2Mock.calls().at(-1)!.args[0]).toBeInstanceOf(SendDiagnosticInterruptCommand);
    expect(awsCalls()).toHaveLength(5 + Number(ec2Mock.commandCalls(DescribeInstanceTypesCommand).length > 0));
  });

  test('gets it by its tag', async () => {
    policyIs(BY_TAG);
    expect(await handler(alarmEvent(), CONTEXT)).toMatchObject({ sent: true });
  });
});

describe('refuses, and sends nothing:', () => {
  const status = (instanceStatus: string, systemStatus: string) => ec2Mock.on(DescribeInstanceStatusCommand).resolves({
    InstanceStatuses: [{ InstanceId: INSTANCE, InstanceStatus: { Status: instanceStatus as 'ok' }, SystemStatus: { Status: systemStatus as 'ok' } }],
  });
  const typeIs = (name: string, facts: object) => {
    instanceIs({ InstanceType: name });
    ec2Mock.on(DescribeInstanceTypesCommand).resolves({
      InstanceTypes: [{ InstanceType: name as 'm4.large', Hypervisor: 'nitro', BareMetal: false, ProcessorInfo: { SupportedArchitectures: ['x86_64'] }, ...facts }],
    });
  };
  test.each<[string, () => unknown]>([
    ['NotInAlarm', () => cloudWatchMock.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ AlarmArn: alarmEvent().alarmArn, StateValue: 'OK' }] })],
    ['NotATarget', () => policyIs({ ...BY_TAG, targets: { tag: { key: 'kdump', values: ['never'] } } })],
    ['NotRunning', () => instanceIs({ State: { Name: 'stopping' } })],
    ['SystemImpaired', () => status('impaired', 'impaired')],
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
  ] as const)('fails with EvidenceMissing, so that Lambda tries again, when the API for the %s fails', async (piece, mock, command) => {
    instanceIs({ InstanceType: `c7i.${piece}` }); // a type that is not remembered from another test
    (mock as typeof ec2Mock).on(command as never).rejects(awsError('RequestLimitExceeded', 503));
    await expect(handler(alarmEvent(), CONTEXT)).rejects.toThrow(expect.objectContaining({
      name: 'EvidenceMissing', message: expect.stringContaining('RequestLimitExceeded'),
    }));
    expect(sends()).toHaveLength(0);
    expectReported('InterruptRefused', { evidence: {}, verdict: { reason: 'EvidenceMissing' } },
      'InterruptsRefused', { Reason: 'EvidenceMissing' });
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
    ['a composite alarm', { ...alarmEvent(), alarmData: { ...alarmEvent().alarmData, configuration: { alarmRule: 'ALARM(a)' } } }],
    ['nothing', undefined],
  ])('fails with UnknownEvent on %s', async (_what, event) => {
    await expect(handler(event, CONTEXT)).rejects.toThrow(expect.objectContaining({ name: 'UnknownEvent' }));
    expect(awsCalls()).toHaveLength(0);
    expectReported('InterruptFailed', { level: 'ERROR', error: { name: 'UnknownEvent' } },
      'Errors', { ErrorName: 'UnknownEvent' });
  });

  test.each([undefined, '{"mode":"armed"}'])('fails with InvalidPolicy on the policy %j', async (policy) => {
    delete process.env[INTERRUPT_POLICY_VARIABLE];
    if (policy) process.env[INTERRUPT_POLICY_VARIABLE] = policy;
    await expect(handler(alarmEvent(), CONTEXT)).rejects.toThrow(expect.objectContaining({ name: 'InvalidPolicy' }));
    expect(awsCalls()).toHaveLength(0);
    expectReported('InterruptFailed', { error: { name: 'InvalidPolicy' } }, 'Errors', { ErrorName: 'InvalidPolicy' });
  });
});

describe('an interrupt that EC2 does not accept', () => {
  test.each([
    ['a clear no', awsError('UnsupportedOperation', 400), false],
    ['a denial', awsError('UnauthorizedOperation', 403), false],
    ['a fault of EC2, after which it may have arrived', awsError('InternalError', 500), undefined],
    ['a lost answer, after which it may have arrived', Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' }), undefined],
  ])('fails for good on %s: one call, the name in the answer, no second try by Lambda', async (_what, error, sent) => {
    ec2Mock.on(SendDiagnosticInterruptCommand).rejects(error);
    const outcome = await handler(alarmEvent(), CONTEXT);
    expect(sends()).toHaveLength(1);
    expect(outcome).toMatchObject({ decision: 'interrupt', instanceId: INSTANCE, error: { name: error.name, message: error.message } });
    expect(outcome.sent).toBe(sent);
    expectReported('InterruptFailed', { level: 'ERROR', request: {}, evidence: outcome.evidence, verdict: { decision: 'interrupt' }, error: { name: error.name } },
      'Errors', { ErrorName: error.name });
  });

  test.each([['RequestLimitExceeded', 503], ['Throttling', 400]])('fails the invocation on %s, which surely did not arrive', async (name, code) => {
    ec2Mock.on(SendDiagnosticInterruptCommand).rejects(awsError(name, code));
    await expect(handler(alarmEvent(), CONTEXT)).rejects.toThrow(expect.objectContaining({ name }));
    expect(sends()).toHaveLength(1);
    expectReported('InterruptFailed', { error: { name } }, 'Errors', { ErrorName: name });
  });
});
