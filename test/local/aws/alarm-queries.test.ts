import { DescribeAlarmContributorsCommand, DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { sdk } from './clients';
import { credentialsFor, TIMEOUT } from './cloudwatch-client';
import { MemoryMachine } from './memory-machine';
import { AlarmProperties } from '../../../local/aws/alarm';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { Metrics } from '../../../local/aws/metrics';
import { InsightsQuery } from '../../../local/aws/metrics-insights';

const QUERY = 'SELECT MAX(StatusCheckFailed_Instance) FROM SCHEMA("AWS/EC2", InstanceId) GROUP BY InstanceId ORDER BY MAX() DESC';
const FLEET: AlarmProperties = {
  AlarmName: 'Fleet',
  EvaluationPeriods: 2,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'missing',
  Metrics: [{ Id: 'q1', Expression: QUERY, Period: 60, ReturnData: true }],
};
const ONE = 'i-0000000000000000a';
const TWO = 'i-0000000000000000b';

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

describe('an alarm on a query with GROUP BY', () => {
  const machines: Record<string, MemoryMachine> = {};
  const contributorEvents = () => local.events.published.filter(event => event['detail-type'] === 'CloudWatch Alarm Contributor State Change')
    .map(({ detail }) => [detail.alarmContributor.attributes.InstanceId, detail.state.value]);
  const contributors = async () =>
    (await clients.cloudwatch.send(new DescribeAlarmContributorsCommand({ AlarmName: 'Fleet' }))).AlarmContributors!;
  const seen = (id: string, state: string) => local.waitFor(`${id} to be ${state}`,
    () => contributorEvents().some(([instance, value]) => instance === id && value === state), TIMEOUT);

  test('has a state for each instance, and one for all', async () => {
    for (const id of [ONE, TWO]) local.launch(machines[id] = new MemoryMachine(id));
    const alarm = local.cloudwatch.createAlarm(FLEET);
    await Promise.all([seen(ONE, 'OK'), seen(TWO, 'OK')]);
    expect(alarm.state).toMatchObject({ value: 'OK' });
    expect(await contributors()).toEqual([]);

    machines[TWO].answers = false;
    await seen(TWO, 'ALARM');
    expect(alarm.state).toMatchObject({ value: 'ALARM', reason: '1 out of 2 time series evaluated to ALARM' });
    expect(await contributors()).toEqual([{
      ContributorId: expect.stringMatching(/^[0-9a-f]{16}$/),
      ContributorAttributes: { InstanceId: TWO },
      StateReason: expect.stringContaining('Threshold Crossed'),
      StateTransitionedTimestamp: expect.any(Date),
    }]);
    machines[ONE].answers = false;
    await seen(ONE, 'ALARM'); // the alarm itself does not change any more
    expect(alarm.history.filter(({ value }) => value === 'ALARM')).toHaveLength(1);

    const event = local.events.published.find(({ detail }) => detail.alarmContributor?.attributes.InstanceId === TWO && detail.state.value === 'ALARM')!;
    expect(event).toMatchObject({ resources: [alarm.arn], source: 'aws.cloudwatch' });
    expect(event.detail).toEqual({
      alarmName: 'Fleet',
      alarmContributor: { id: expect.stringMatching(/^[0-9a-f]{16}$/), attributes: { InstanceId: TWO } },
      state: { value: 'ALARM', reason: expect.stringContaining('The most recent datapoint which crossed the threshold: [1.0]'), timestamp: expect.any(String) },
      configuration: { metrics: [{ id: 'q1', expression: QUERY, period: 60, returnData: true }] },
    });
    const { MetricAlarms } = await clients.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ['Fleet'] }));
    expect(MetricAlarms![0]).toMatchObject({ StateValue: 'ALARM', Metrics: [{ Id: 'q1', Expression: QUERY, Period: 60 }] });
  });

  test('shows 100 contributors a page', async () => {
    local.clock.every(0.25, () => {
      for (let n = 0; n < 130; n++) local.cloudwatch.put({ Namespace: 'AWS/EC2', MetricName: 'StatusCheckFailed_Instance', Dimensions: [{ Name: 'InstanceId', Value: `i-${n}` }] }, 1);
    });
    const alarm = local.cloudwatch.createAlarm(FLEET);
    await local.waitFor('all of them', () => [...alarm.contributors.values()].filter(({ state }) => state.value === 'ALARM').length === 130, TIMEOUT);
    const page = (NextToken?: string) => clients.cloudwatch.send(new DescribeAlarmContributorsCommand({ AlarmName: 'Fleet', NextToken }));
    const first = await page();
    const second = await page(first.NextToken);
    expect([first.AlarmContributors!.length, second.AlarmContributors!.length, second.NextToken]).toEqual([100, 30, undefined]);
  });

  test('is described to a permission on the alarm only', async () => {
    local.cloudwatch.createAlarm(FLEET);
    const narrow = sdk(`http://127.0.0.1:${local.port}`, credentialsFor(local, {
      Effect: 'Allow', Action: 'cloudwatch:DescribeAlarmContributors', Resource: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:Other',
    }));
    await expect(narrow.cloudwatch.send(new DescribeAlarmContributorsCommand({ AlarmName: 'Fleet' }))).rejects.toMatchObject({ name: 'AccessDenied' });
    narrow.destroy();
    await expect(clients.cloudwatch.send(new DescribeAlarmContributorsCommand({ AlarmName: 'Missing' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('refuses actions', () => {
    expect(() => local.cloudwatch.createAlarm({ ...FLEET, AlarmActions: ['arn:aws:lambda:us-east-1:123456789012:function:F'] })).toThrow('use a rule of EventBridge');
  });
});

describe('a Metrics Insights query', () => {
  const metrics = new Metrics();
  for (const [InstanceId, values] of Object.entries({ a: [1, 5], b: [3, 2], c: [9] })) {
    values.forEach((value, index) => metrics.put({ Namespace: 'My/App', MetricName: 'Load', Dimensions: [{ Name: 'InstanceId', Value: InstanceId }] }, index + 1, [value]));
  }
  metrics.put({ Namespace: 'My/App', MetricName: 'Load', Dimensions: [{ Name: 'Zone', Value: 'z' }, { Name: 'InstanceId', Value: 'a' }] }, 2, [100]);
  const run = (query: string) => new InsightsQuery(query).run(metrics, { minute: 2, periods: 2, length: 1 })
    .map(({ attributes, range }) => [attributes.InstanceId, ...range]);

  test.each([
    ['SELECT MAX(Load) FROM SCHEMA("My/App", InstanceId)', [[undefined, 9, 5]]],
    ['SELECT SUM("Load") FROM SCHEMA("My/App", InstanceId)', [[undefined, 13, 7]]],
    ['SELECT MAX(Load) FROM "My/App"', [[undefined, 9, 100]]],
    ['select count(Load) from "My/App" group by InstanceId order by max() asc limit 1', [['b', 1, 1]]],
    ['SELECT MAX(Load) FROM SCHEMA("My/App", InstanceId) GROUP BY InstanceId ORDER BY MAX() DESC', [['c', 9, undefined], ['a', 1, 5], ['b', 3, 2]]],
    ['SELECT MAX(Load) FROM SCHEMA("My/App", InstanceId) GROUP BY InstanceId ORDER BY MIN() LIMIT 2', [['a', 1, 5], ['b', 3, 2]]],
    ['SELECT MAX(Other) FROM SCHEMA("My/App", InstanceId) GROUP BY InstanceId', []],
  ])('%s', (query, expected) => expect(run(query)).toEqual(expected));

  test.each([
    ['SELECT MAX(Load) FROM SCHEMA("My/App", InstanceId) WHERE InstanceId = \'a\'', 'it must be SELECT'],
    ['SELECT P99(Load) FROM "My/App"', 'the function P99 is not of MAX, MIN, AVG, SUM, COUNT'],
    ['SELECT MAX(Load) FROM SCHEMA("My/App", InstanceId) GROUP BY Zone', 'it groups by Zone, which is not in its SCHEMA'],
    ['SELECT MAX(Load) FROM "My/App" LIMIT 0', 'LIMIT must be 1 at least'],
  ])('refuses %s', (query, message) => expect(() => run(query)).toThrow(message));

  test('gives no more than 500 time series', () => {
    const many = new Metrics();
    for (let n = 0; n < 600; n++) many.put({ Namespace: 'N', MetricName: 'M', Dimensions: [{ Name: 'D', Value: String(n) }] }, 1, [n]);
    expect(new InsightsQuery('SELECT MAX(M) FROM "N" GROUP BY D').run(many, { minute: 1, periods: 1, length: 1 })).toHaveLength(500);
  });
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
