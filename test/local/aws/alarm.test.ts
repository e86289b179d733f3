import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeInstanceStatusCommand, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { sdk } from './clients';
import { MemoryMachine } from './memory-machine';
import { Alarm } from '../../../local/aws/alarm';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { Instance } from '../../../local/aws/instance';

const InstanceId = 'i-0123456789abcdef0';
const TIMEOUT = 5000;

let local: LocalAws;
let endpoint: string;
let machine: MemoryMachine;
let alarm: Alarm;

beforeEach(async () => {
  local = new LocalAws({ minuteMs: 30 });
  endpoint = await local.listen();
  machine = new MemoryMachine(InstanceId);
  local.launch(machine);
  alarm = local.cloudwatch.createAlarm({
    AlarmName: 'Unresponsive',
    Namespace: 'AWS/EC2',
    MetricName: 'StatusCheckFailed_Instance',
    Dimensions: [{ Name: 'InstanceId', Value: InstanceId }],
    Period: 60,
    Statistic: 'Maximum',
    EvaluationPeriods: 2,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'missing',
  });
});

afterEach(() => local.close());

const becomes = (state: string) => local.waitFor(`the alarm to be ${state}`, () => alarm.state.value === state, TIMEOUT);
const states = () => alarm.history.map(({ value }) => value);

test('goes from OK to ALARM and back with the machine', async () => {
  await becomes('OK');
  machine.answers = false;
  await becomes('ALARM');
  expect(alarm.state.reason).toBe('Threshold Crossed: 2 out of the last 2 datapoints [1.0, 1.0] were greater than or equal to the threshold (1.0) '
    + '(minimum 2 datapoints for OK -> ALARM transition).');
  machine.answers = true;
  await becomes('OK');
  expect(states()).toEqual(['INSUFFICIENT_DATA', 'OK', 'ALARM', 'OK']);
});

test('has insufficient data while the machine is stopped', async () => {
  await becomes('OK');
  machine.current = 'stopped';
  await becomes('INSUFFICIENT_DATA');
  expect(alarm.state.reason).toBe('Insufficient Data: 2 datapoints were unknown.');
});

test('is restored by the next evaluation after SetAlarmState', async () => {
  await becomes('OK');
  const clients = sdk(endpoint);
  await clients.cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'Unresponsive', StateValue: 'ALARM', StateReason: 'game day' }));
  clients.destroy();
  expect(alarm.history).toContainEqual(expect.objectContaining({ value: 'ALARM', reason: 'game day' }));
  await becomes('OK');
});

test('the event is the one of CloudWatch', async () => {
  await becomes('OK');
  machine.answers = false;
  await becomes('ALARM');
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
  expect(alarm.event()).toMatchObject({
    source: 'aws.cloudwatch',
    alarmArn: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:Unresponsive',
    accountId: '123456789012',
    time,
    region: 'us-east-1',
    alarmData: {
      alarmName: 'Unresponsive',
      state: { value: 'ALARM', reason: expect.stringContaining('Threshold Crossed'), timestamp: time },
      previousState: { value: 'OK', timestamp: time },
      configuration: {
        metrics: [{
          metricStat: {
            metric: { namespace: 'AWS/EC2', name: 'StatusCheckFailed_Instance', dimensions: { InstanceId } }, period: 60, stat: 'Maximum',
          },
          returnData: true,
        }],
      },
    },
  });
});

describe('the instance status check', () => {
  const instance = () => local.ec2.get(InstanceId);
  const status = (value: string) => local.waitFor(`the status ${value}`, () => instance().status === value, TIMEOUT);

  test('is impaired since the first probe without an answer', async () => {
    const clients = sdk(endpoint);
    await status('ok');
    const before = new Date();
    machine.answers = false;
    await status('impaired');
    const since = instance().impairedSince!;
    expect(since.getTime()).toBeGreaterThanOrEqual(before.getTime());
    const { InstanceStatuses } = await clients.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [InstanceId] }));
    clients.destroy();
    expect(InstanceStatuses![0].InstanceStatus).toEqual({ Status: 'impaired', Details: [{ Name: 'reachability', Status: 'failed', ImpairedSince: expect.any(Date) }] });
    // What took a minute of AWS's took 30 ms here: it is reported as a minute.
    expect(Date.now() - InstanceStatuses![0].InstanceStatus!.Details![0].ImpairedSince!.getTime()).toBeGreaterThan(30_000);
    expect(InstanceStatuses![0].SystemStatus).toEqual({ Status: 'ok', Details: [{ Name: 'reachability', Status: 'passed' }] });
    expect(instance().impairedSince).toEqual(since);
  });

  test('one probe without an answer is not enough', async () => {
    const alone = new Instance(machine); // probed by nobody else
    await alone.probe();
    machine.answers = false;
    await alone.probe();
    expect(alone.status).toBe('ok');
    await alone.probe();
    expect(alone.status).toBe('impaired');
  });

  test('is initializing after EC2 rebooted it, until it answers', async () => {
    const clients = sdk(endpoint);
    await status('ok');
    machine.answers = false;
    await clients.ec2.send(new RebootInstancesCommand({ InstanceIds: [InstanceId] }));
    clients.destroy();
    expect(instance().status).toBe('initializing');
    machine.answers = true;
    await status('ok');
  });

  test('a machine that never answers after its launch is impaired since the launch', async () => {
    const dead = new MemoryMachine('i-0fedcba9876543210');
    dead.answers = false;
    const launched = local.launch(dead);
    await local.waitFor('the impairment', () => launched.status === 'impaired', TIMEOUT);
    expect(launched.impairedSince).toBe(launched.launchTime);
  });
});

test('fails to create an alarm whose action is not a function', () => {
  expect(() => local.cloudwatch.createAlarm({ ...alarm.properties, AlarmName: 'Other', AlarmActions: ['arn:aws:sns:us-east-1:123456789012:topic'] }))
    .toThrow(/the local stand carries out Lambda functions only/);
});
