import { DescribeAlarmsCommand, ListAlarmMuteRulesCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { sdk } from './clients';
import { credentialsFor, echoFunction, TIMEOUT } from './cloudwatch-client';
import { Alarm, AlarmProperties } from '../../../local/aws/alarm';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { Queue } from '../../../local/aws/queues';

const ALARM: AlarmProperties = {
  AlarmName: 'Jobs',
  Namespace: 'App',
  MetricName: 'Jobs',
  Period: 60,
  Statistic: 'SampleCount',
  EvaluationPeriods: 2,
  Threshold: 1,
  ComparisonOperator: 'LessThanThreshold',
  TreatMissingData: 'breaching',
};
const ALARM_ARN = 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:Jobs';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);

let local: LocalAws;
let clients: ReturnType<typeof sdk>;
let echo: ReturnType<typeof echoFunction>;

jest.setTimeout(30_000);

beforeEach(async () => {
  local = new LocalAws({ minuteMs: 60 });
  clients = sdk(await local.listen());
  echo = echoFunction(local, 'Echo');
});

afterEach(async () => {
  clients.destroy();
  await local.close();
  echo.remove();
});

const becomes = (alarm: { state: { value: string }; name: string }, state: string) =>
  local.waitFor(`${alarm.name} to be ${state}`, () => alarm.state.value === state, TIMEOUT);
const put = (Value = 1) => clients.cloudwatch.send(new PutMetricDataCommand({ Namespace: 'App', MetricData: [{ MetricName: 'Jobs', Value }] }));
const keepPutting = () => {
  local.clock.every(0.25, () => local.cloudwatch.put({ Namespace: 'App', MetricName: 'Jobs' }, 1));
};
const published = (value: string) => local.events.published.filter(({ detail }) => detail.state.value === value);

describe('EventBridge', () => {
  const PATTERN = { 'source': ['aws.cloudwatch'], 'detail-type': ['CloudWatch Alarm State Change'], 'detail': { state: { value: ['ALARM'] } } };
  let queue: Queue;
  const createRule = () => local.events.createRule({
    Name: 'Alarms', EventPattern: PATTERN, State: 'ENABLED', Targets: [{ Id: 'Target0', Arn: echo.arn, DeadLetterConfig: { Arn: queue.arn } }],
  });

  beforeEach(() => {
    queue = local.queues.createQueue('Dead');
  });

  test('hands a state change to the function of a rule', async () => {
    const rule = createRule();
    echo.allow('events.amazonaws.com', rule.arn);
    await becomes(local.cloudwatch.createAlarm({ ...ALARM, AlarmDescription: 'no jobs' }), 'ALARM');
    const [event] = await local.waitFor('the event', () => echo.events().length > 0 && echo.events(), TIMEOUT);
    expect(event).toEqual({
      'version': '0',
      'id': expect.any(String),
      'detail-type': 'CloudWatch Alarm State Change',
      'source': 'aws.cloudwatch',
      'account': '123456789012',
      'time': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      'region': 'us-east-1',
      'resources': [ALARM_ARN],
      'detail': {
        alarmName: 'Jobs',
        state: {
          value: 'ALARM',
          timestamp: TIME,
          reasonData: expect.any(String),
          reason: 'Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].',
        },
        previousState: { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', timestamp: TIME },
        configuration: {
          description: 'no jobs',
          metrics: [{
            id: expect.any(String),
            metricStat: { metric: { namespace: 'App', name: 'Jobs', dimensions: {} }, period: 60, stat: 'SampleCount' },
            returnData: true,
          }],
        },
      },
    });
  });

  test('a schedule has its targets called again and again; one that is disabled has not', async () => {
    const scheduled = (Name: string, State: string) => {
      const rule = local.events.createRule({ Name, State, ScheduleExpression: 'rate(1 minute)', Targets: [{ Id: 'T', Arn: echo.arn }] });
      echo.allow('events.amazonaws.com', rule.arn);
      return rule.arn;
    };
    const [off, on] = [scheduled('Off', 'DISABLED'), scheduled('On', 'ENABLED')];
    await local.waitFor('three events', () => echo.events().length >= 3, TIMEOUT);
    expect(echo.events()[0]).toMatchObject({ 'detail-type': 'Scheduled Event', 'source': 'aws.events', 'resources': [on], 'detail': {} });
    expect(JSON.stringify(echo.events())).not.toContain(off);
  });

  test('a schedule whose minutes are shorter than a call of its function waits for the end of one before the next', async () => {
    const rule = local.events.createRule({ Name: 'On', ScheduleExpression: 'rate(1 minute)', Targets: [{ Id: 'T', Arn: echo.arn }] });
    echo.allow('events.amazonaws.com', rule.arn);
    const atOnce = new Set<number>();
    await local.waitFor('three events', () => {
      atOnce.add(local.lambda.invocations.filter(({ state }) => state === 'running').length);
      return echo.events().length >= 3;
    }, TIMEOUT);
    expect(Math.max(...atOnce)).toBe(1);
  });

  test('an event without permission goes to the dead-letter queue, which must let the rule send', async () => {
    const rule = createRule();
    const alarm = local.cloudwatch.createAlarm(ALARM);
    await becomes(alarm, 'ALARM');
    expect(echo.events()).toEqual([]);
    expect(queue.messages).toEqual([]);

    queue.attach({
      Statement: {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queue.arn,
        Condition: { ArnEquals: { 'aws:SourceArn': rule.arn } },
      },
    });
    local.events.publish(published('ALARM')[0]);
    expect(queue.messages).toHaveLength(1);
    expect(JSON.parse(queue.messages[0].body)).toEqual(published('ALARM')[0]);
    expect(queue.messages[0].attributes).toMatchObject({ RULE_ARN: rule.arn, TARGET_ARN: echo.arn, ERROR_CODE: 'NO_PERMISSIONS' });
  });

  test.each([
    ['an input', { Targets: [{ Id: 'T', Arn: 'x', InputPath: '$.detail' }] }, 'Target T of rule Other has InputPath'],
    ['a target that is no function', { Targets: [{ Id: 'T', Arn: 'arn:aws:sqs:us-east-1:1:q' }] }, 'invokes Lambda functions and state machines only'],
    ['another bus', { EventBusName: 'mine' }, 'has the default bus only'],
    ['a schedule beside a pattern', { ScheduleExpression: 'rate(1 hour)' }, 'Rule Other must have either EventPattern or ScheduleExpression'],
    ['neither', { EventPattern: undefined }, 'Rule Other must have either EventPattern or ScheduleExpression'],
    ['times of day', { EventPattern: undefined, ScheduleExpression: 'cron(0 12 * * ? *)' }, 'Other has the schedule \'cron(0 12 * * ? *)\'; the local stand plays rate(...)'],
  ])('refuses %s', (_, properties, message) => {
    expect(() => local.events.createRule({ Name: 'Other', EventPattern: PATTERN, ...properties as any })).toThrow(message);
  });
});

describe('a composite alarm', () => {
  const AlarmRule = `ALARM("${ALARM_ARN}") AND NOT FALSE`;

  test('follows the alarms of its rule, and tells its actions and EventBridge which', async () => {
    keepPutting();
    const child = local.cloudwatch.createAlarm({ ...ALARM, MetricName: 'Other' });
    const composite = local.cloudwatch.createCompositeAlarm({ AlarmName: 'Both', AlarmRule, AlarmActions: [echo.arn] });
    expect(composite.state.value).toBe('OK');
    echo.allow('lambda.alarms.cloudwatch.amazonaws.com', composite.arn);
    await becomes(composite, 'ALARM');
    const [event] = await local.waitFor('the action', () => echo.events().length > 0 && echo.events(), TIMEOUT);
    expect(event).toMatchObject({
      source: 'aws.cloudwatch',
      alarmArn: composite.arn,
      alarmData: { alarmName: 'Both', state: { value: 'ALARM', timestamp: TIME }, previousState: { value: 'OK' }, configuration: { alarmRule: AlarmRule } },
    });
    expect(event.alarmData.state.reason).toMatch(/^arn:aws:cloudwatch:us-east-1:123456789012:alarm:Jobs transitioned to ALARM at \w+ \d\d \w+, \d{4} \d\d:\d\d:\d\d UTC$/);
    expect(JSON.parse(event.alarmData.state.reasonData)).toEqual({ triggeringAlarms: [{ arn: child.arn, state: { value: 'ALARM', timestamp: TIME } }] });
    expect(published('ALARM').map(({ detail }) => detail.alarmName)).toEqual(['Jobs', 'Both']);
  });

  test('is described only when it is asked for, and to a permission on all alarms', async () => {
    local.cloudwatch.createAlarm(ALARM);
    local.cloudwatch.createCompositeAlarm({ AlarmName: 'Both', AlarmRule });
    const describe = (client = clients.cloudwatch, ...AlarmTypes: any[]) =>
      client.send(new DescribeAlarmsCommand({ AlarmNames: ['Jobs', 'Both'], ...AlarmTypes.length ? { AlarmTypes } : {} }));
    const untyped = await describe();
    expect([untyped.MetricAlarms!.length, untyped.CompositeAlarms!.length]).toEqual([1, 0]);
    const both = await describe(clients.cloudwatch, 'MetricAlarm', 'CompositeAlarm');
    expect(both.MetricAlarms).toHaveLength(1);
    expect(both.CompositeAlarms).toMatchObject([{ AlarmName: 'Both', AlarmRule, StateReasonData: expect.any(String), StateTransitionedTimestamp: expect.any(Date) }]);

    const names = ['Jobs', 'Both'].map(name => `arn:aws:cloudwatch:us-east-1:123456789012:alarm:${name}`);
    const narrow = sdk(`http://127.0.0.1:${local.port}`, credentialsFor(local, { Effect: 'Allow', Action: 'cloudwatch:DescribeAlarms', Resource: names }));
    await expect(describe(narrow.cloudwatch)).resolves.toMatchObject({ MetricAlarms: [{ AlarmName: 'Jobs' }] });
    await expect(describe(narrow.cloudwatch, 'CompositeAlarm')).rejects.toMatchObject({ name: 'AccessDenied' });
    narrow.destroy();
  });

  test.each([
    ['a rule on an alarm that does not exist', { AlarmRule: 'ALARM(Missing)' }, 'alarms [Missing] in the alarm rule do not exist'],
    ['a suppressor', { AlarmRule: 'TRUE', ActionsSuppressor: 'x' }, 'has ActionsSuppressor, which the local stand does not play'],
  ])('refuses %s', (_, properties, message) => {
    expect(() => local.cloudwatch.createCompositeAlarm({ AlarmName: 'Bad', ...properties })).toThrow(message);
  });
});

describe('a mute', () => {
  const list = async (Statuses?: any[]) =>
    (await clients.cloudwatch.send(new ListAlarmMuteRulesCommand({ AlarmName: 'Jobs', Statuses }))).AlarmMuteRuleSummaries;
  let alarm: Alarm;

  beforeEach(async () => {
    alarm = local.cloudwatch.createAlarm({ ...ALARM, AlarmActions: [echo.arn], TreatMissingData: 'ignore', ComparisonOperator: 'GreaterThanThreshold', Threshold: 0 });
    echo.allow('lambda.alarms.cloudwatch.amazonaws.com', alarm.arn);
  });

  test('holds the actions back until its window ends; events carry it', async () => {
    const until = new Date(Date.now() + 1500);
    const mute = local.cloudwatch.mute('Jobs', until);
    expect(await list(['ACTIVE'])).toMatchObject([{ AlarmMuteRuleArn: mute.arn, Status: 'ACTIVE', MuteType: 'ONE_TIME', LastUpdatedTimestamp: expect.any(Date), ExpireDate: expect.any(Date) }]);
    keepPutting();
    await becomes(alarm, 'ALARM');
    expect(echo.events()).toEqual([]);
    expect(published('ALARM')[0].detail.muteDetail).toEqual({ mutedByArn: mute.arn, muteWindowStart: TIME, muteWindowEnd: TIME });
    await local.waitFor('the action after the window', () => echo.events().length === 1, TIMEOUT);
    expect(Date.now()).toBeGreaterThanOrEqual(until.getTime() - 20);
    expect(await list(['ACTIVE'])).toEqual([]);
    expect(await list()).toMatchObject([{ Status: 'EXPIRED' }]);
  });

  test('runs nothing at its end when the state is over', async () => {
    const mute = local.cloudwatch.mute('Jobs');
    await put();
    await put();
    alarm.history.push({ value: 'OK', reason: 'test', timestamp: new Date() });
    local.cloudwatch.change(alarm, { value: 'ALARM', reason: 'test', timestamp: new Date() });
    local.cloudwatch.change(alarm, { value: 'OK', reason: 'test', timestamp: new Date() });
    mute.end();
    expect(echo.events()).toEqual([]);
  });

  test('fails to mute an alarm that does not exist, and until the past', () => {
    expect(() => local.cloudwatch.mute('Missing')).toThrow("There is no alarm 'Missing' to mute; there are Jobs.");
    expect(() => local.cloudwatch.mute('Jobs', new Date(0))).toThrow('must end in the future');
  });

  test('is listed only to a permission on *', async () => {
    const narrow = sdk(`http://127.0.0.1:${local.port}`, credentialsFor(local, { Effect: 'Allow', Action: 'cloudwatch:ListAlarmMuteRules', Resource: ALARM_ARN }));
    await expect(narrow.cloudwatch.send(new ListAlarmMuteRulesCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' });
    narrow.destroy();
  });
});

test('times of a state are as long ago as they were in minutes of AWS', async () => {
  await becomes(local.cloudwatch.createAlarm(ALARM), 'ALARM');
  const since = local.alarm('Jobs').state.timestamp;
  await local.clock.minutes(1);
  const { MetricAlarms } = await clients.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ['Jobs'] }));
  expect(MetricAlarms![0].StateTransitionedTimestamp!.getTime()).toBeLessThanOrEqual(since.getTime());
});
