import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { sdk } from './clients';
import { credentialsFor, TIMEOUT } from './cloudwatch-client';
import { MemoryMachine } from './memory-machine';
import { AlarmProperties } from '../../../local/aws/alarm';
import { LocalAws } from '../../../local/aws/aws-endpoint';

const ONE = 'i-0000000000000000a';

let local: LocalAws;
let clients: ReturnType<typeof sdk>;

beforeEach(async () => {
  local = new LocalAws({ minuteMs: 40 });
  clients = sdk(await local.listen());
});

afterEach(async () => {
  clients.destroy();
  await local.close();
});

describe('PutMetricData and metric math', () => {
  const put = (client = clients.cloudwatch, Namespace = 'App', datum: object = { MetricName: 'm', Value: 1 }) =>
    client.send(new PutMetricDataCommand({ Namespace, MetricData: [datum as any] }));
  const stat = (Id: string, MetricName: string) => ({
    Id, ReturnData: false, MetricStat: { Metric: { Namespace: 'App', MetricName }, Period: 60, Stat: 'Sum' as const },
  });
  const MATH: AlarmProperties = {
    AlarmName: 'Math',
    EvaluationPeriods: 1,
    Threshold: 5,
    ComparisonOperator: 'GreaterThanThreshold',
    Metrics: [{ Id: 'e1', Expression: 'FILL(a, 0) + FILL(b, 0)', Label: 'both' }, stat('a', 'a'), stat('b', 'b')],
  };

  test('an alarm on math sees what was put', async () => {
    const alarm = local.cloudwatch.createAlarm(MATH);
    await local.waitFor('OK', () => alarm.state.value === 'OK', TIMEOUT);
    await put(clients.cloudwatch, 'App', { MetricName: 'a', Values: [1, 2], Counts: [1, 2] });
    await put(clients.cloudwatch, 'App', { MetricName: 'b', Value: 3 });
    await put(clients.cloudwatch, 'App', { MetricName: 'a', Value: 6 });
    await local.waitFor('ALARM', () => alarm.history.some(({ value }) => value === 'ALARM'), TIMEOUT);
    expect(alarm.configuration()).toMatchObject({
      metrics: [{ id: 'e1', expression: 'FILL(a, 0) + FILL(b, 0)', label: 'both', returnData: true }, { id: 'a', returnData: false }, { id: 'b' }],
    });
  });

  test('needs the permission for the namespace', async () => {
    const narrow = sdk(`http://127.0.0.1:${local.port}`, credentialsFor(local, {
      Effect: 'Allow', Action: 'cloudwatch:PutMetricData', Resource: '*', Condition: { StringEquals: { 'cloudwatch:namespace': 'App' } },
    }));
    await put(narrow.cloudwatch);
    await expect(put(narrow.cloudwatch, 'Other')).rejects.toMatchObject({ name: 'AccessDenied' });
    narrow.destroy();
  });

  test.each([
    ['a namespace of AWS', 'AWS/EC2', {}, 'InvalidParameterValueException'],
    ['a time stamp', 'App', { Timestamp: new Date() }, 'ValidationException'],
    ['statistic sets', 'App', { StatisticValues: { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 } }, 'ValidationException'],
    ['high resolution', 'App', { StorageResolution: 1 }, 'ValidationException'],
    ['other counts than values', 'App', { Value: undefined, Values: [1, 2], Counts: [1] }, 'InvalidParameterValueException'],
  ])('refuses %s', async (_, namespace, datum, name) => {
    await expect(put(clients.cloudwatch, namespace, { MetricName: 'm', Value: 1, ...datum })).rejects.toMatchObject({ name });
  });

  test.each([
    ['two metrics that are returned', [stat('a', 'a'), { ...stat('b', 'b'), ReturnData: true }, { Id: 'c', Expression: 'a' }], '2 metrics with ReturnData'],
    ['an id that is not there', [{ Id: 'e', Expression: 'a + x' }, stat('a', 'a')], 'an expression on x, which is no Id of its metrics'],
    ['two periods', [{ Id: 'e', Expression: 'a', Period: 300 }, stat('a', 'a')], 'metrics with the periods 300, 60'],
    ['a statistic', [{ Id: 'm', MetricStat: { ...stat('a', 'a').MetricStat, Stat: 'p99' } }], 'does not play the statistic p99'],
    ['another account', [{ ...stat('a', 'a'), ReturnData: true, AccountId: '1' }], 'AccountId, which the local stand does not play'],
  ])('refuses %s', (_, queries, message) => {
    expect(() => local.cloudwatch.createAlarm({ ...MATH, Metrics: queries as any })).toThrow(message);
  });
});

test('the agent on an instance publishes with its id, once a minute', async () => {
  local.launch(new MemoryMachine(ONE));
  const send = (id: string, body: object) => fetch(`http://127.0.0.1:${local.port}/agent/${id}/metric`, { method: 'POST', body: JSON.stringify(body) });
  const metric = { Namespace: 'CWAgent', MetricName: 'mem_used_percent', Value: 12.5 };
  const response = await send(ONE, metric);
  const { nextSeconds } = await response.json() as { nextSeconds: number };
  expect(nextSeconds).toBeGreaterThan(0);
  expect(nextSeconds).toBeLessThanOrEqual(0.06);
  expect(local.cloudwatch.lastPut('CWAgent', 'mem_used_percent', [{ Name: 'InstanceId', Value: ONE }])).toBeInstanceOf(Date);
  expect((await send('i-unknown', metric)).status).toBe(404);
  expect((await send(ONE, { ...metric, Value: 'much' })).status).toBe(400);
});
