import { DescribeAlarmsCommand, ListAlarmMuteRulesCommand } from '@aws-sdk/client-cloudwatch';
import { alarmsAre, awsAnswersForAHungInstance, awsError, cloudWatchMock, itIs } from './aws-mock';
import {
  ALARM, ALARM_ARN, ARMED, COMPOSITE_ARN, FROM_ALARM, FROM_COMPOSITE, HEARTBEAT, HUNG, INSTANCE, MUTE_ARN, OTHER_ALARM_ARN,
  OTHER_INSTANCE,
} from './fixtures';
import { gatherEvidence } from '../../src/interrupt/evidence';
import { instancesWatchedBy } from '../../src/interrupt/read-alarm';
import type { InterruptRequest } from '../../src/interrupt/trigger';

beforeEach(() => {
  itIs();
  awsAnswersForAHungInstance();
});
afterEach(() => { jest.useRealTimers(); });

const SINCE = '2026-01-02T03:05:00.000Z';
const missing = { missing: expect.stringMatching(/^cloudwatch.*IncompleteAnswer/) };
const alarm = async (request: InterruptRequest) => (await gatherEvidence(request, ARMED)).alarm;
const mute = async () => (await gatherEvidence(FROM_ALARM, ARMED)).mute;
const asked = (command: any) => cloudWatchMock.commandCalls(command).map(({ args }) => args[0].input);
const metric = (metricName: string, ...dimensions: [string, string][]) => (
  { Namespace: 'N', MetricName: metricName, Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })) }
);

describe('a metric alarm', () => {
  test('is asked for by its name, among the metric alarms', async () => {
    expect(await alarm(FROM_ALARM)).toEqual(HUNG.alarm);
    expect(asked(DescribeAlarmsCommand)).toEqual([{ AlarmNames: ['web-unresponsive'], AlarmTypes: ['MetricAlarm'] }]);
  });

  test('with metric math watches each of its metrics, of the instance that each names', async () => {
    alarmsAre({
      Namespace: undefined,
      MetricName: undefined,
      Dimensions: undefined,
      Metrics: [
        { Id: 'e', Expression: 'm1 + m2 + m3' },
        { Id: 'm1', MetricStat: { Metric: metric('a', ['Path', '/'], ['InstanceId', INSTANCE]), Period: 60, Stat: 'Maximum' } },
        { Id: 'm2', MetricStat: { Metric: metric('b', ['InstanceId', OTHER_INSTANCE]), Period: 60, Stat: 'Maximum' } },
        { Id: 'm3', MetricStat: { Metric: { Namespace: 'N', MetricName: 'c' }, Period: 60, Stat: 'Maximum' } },
      ],
    });
    expect(await alarm(FROM_ALARM)).toEqual({
      state: 'ALARM',
      stateSince: SINCE,
      actionsEnabled: true,
      watches: [
        { namespace: 'N', metricName: 'a', instanceId: INSTANCE }, { namespace: 'N', metricName: 'b', instanceId: OTHER_INSTANCE },
        { namespace: 'N', metricName: 'c' },
      ],
    });
  });

  test('that watches nothing but a query watches no instance', async () => {
    alarmsAre({ Namespace: undefined, MetricName: undefined, Dimensions: undefined, Metrics: [{ Id: 'q', Expression: 'SELECT 1' }] });
    expect(await alarm(FROM_ALARM)).toMatchObject({ watches: [] });
  });

  test.each([
    ['nothing', {}],
    ['no alarm', { MetricAlarms: [] }],
    ['the alarm of another Region', { MetricAlarms: [{ AlarmName: 'web-unresponsive', AlarmArn: ALARM_ARN.replace('central', 'west'), StateValue: 'ALARM' as const }] }],
    ['an alarm without a state', { MetricAlarms: [{ AlarmArn: ALARM_ARN }] }],
    ['a composite alarm', { CompositeAlarms: [{ AlarmArn: ALARM_ARN, StateValue: 'ALARM' as const }] }],
  ])('fails when the answer has %s', async (_what, answer) => {
    cloudWatchMock.on(DescribeAlarmsCommand).resolves(answer);
    expect(await alarm(FROM_ALARM)).toEqual(missing);
  });

  test.each([ALARM_ARN.replace('111122223333', '999988887777'), ALARM_ARN.replace('eu-central-1', 'us-east-1')])(
    'fails for an alarm that is not of this account and Region: %s', async (alarmArn) => {
      expect(await alarm({ instanceId: INSTANCE, source: { ...ALARM, alarmArn } })).toEqual(missing);
      expect(await alarm({ instanceId: INSTANCE, source: { ...FROM_COMPOSITE.source, alarmArn } })).toEqual(missing);
    });
});

describe('a composite alarm', () => {
  const heartbeat = { ...HEARTBEAT, instanceId: INSTANCE };

  test('is asked for together with the alarms that set it off, all in one call', async () => {
    expect(await alarm(FROM_COMPOSITE)).toEqual({ state: 'ALARM', stateSince: SINCE, actionsEnabled: true, watches: [...HUNG.alarm.watches, heartbeat] });
    expect(asked(DescribeAlarmsCommand)).toEqual([
      { AlarmNames: ['web-hung', 'web-unresponsive', 'web-heartbeat'], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: 100 },
    ]);
  });

  test.each(['OK', 'INSUFFICIENT_DATA'] as const)('watches only what those of its alarms watch that are in ALARM: one is in %s', async (StateValue) => {
    alarmsAre({ StateValue });
    expect(await alarm(FROM_COMPOSITE)).toMatchObject({ state: 'ALARM', watches: [heartbeat] });
  });

  test('watches nothing through an alarm that is gone, or called the same elsewhere', async () => {
    alarmsAre({ AlarmArn: ALARM_ARN.replace('111122223333', '999988887777') });
    expect(await alarm(FROM_COMPOSITE)).toMatchObject({ state: 'ALARM', watches: [heartbeat] });
  });

  test('is in the state that it is in, whatever those below it are in', async () => {
    alarmsAre({}, { StateValue: 'OK' });
    expect(await alarm(FROM_COMPOSITE)).toMatchObject({ state: 'OK' });
  });

  test.each([['is not there', { AlarmArn: `${COMPOSITE_ARN}x` }], ['has no state', { StateValue: undefined }]])('fails when it %s', async (_what, composite) => {
    alarmsAre({}, composite);
    expect(await alarm(FROM_COMPOSITE)).toEqual(missing);
  });

  const options = { abortSignal: new AbortController().signal };

  test('is about the instances that its alarms watch, each once, in whatever state they are', async () => {
    expect(await instancesWatchedBy([ALARM_ARN, OTHER_ALARM_ARN], options)).toEqual([INSTANCE]);
    alarmsAre({ StateValue: 'OK', Dimensions: [{ Name: 'InstanceId', Value: OTHER_INSTANCE }] });
    expect(await instancesWatchedBy([ALARM_ARN, OTHER_ALARM_ARN], options)).toEqual([OTHER_INSTANCE, INSTANCE]);
    alarmsAre({ Dimensions: [] });
    expect(await instancesWatchedBy([ALARM_ARN], options)).toEqual([]);
  });

  test.each([ALARM_ARN.replace('111122223333', '999988887777'), `${ALARM_ARN}x`, COMPOSITE_ARN])(
    'fails to be about any instance when one of its alarms is no metric alarm of ours: %s', async (child) => {
      await expect(instancesWatchedBy([OTHER_ALARM_ARN, child], options)).rejects.toThrow(expect.objectContaining({ name: 'IncompleteAnswer' }));
    });
});

describe('mute rules', () => {
  const rule = { AlarmMuteRuleArn: MUTE_ARN, Status: 'ACTIVE' as const };

  test('are those that are active on the alarm', async () => {
    cloudWatchMock.on(ListAlarmMuteRulesCommand).resolves({ AlarmMuteRuleSummaries: [rule] });
    expect(await mute()).toEqual({ activeRules: [MUTE_ARN] });
    expect(asked(ListAlarmMuteRulesCommand)).toEqual([{ AlarmName: 'web-unresponsive', Statuses: ['ACTIVE'] }]);
  });

  test('are looked for on every page', async () => {
    cloudWatchMock.on(ListAlarmMuteRulesCommand)
      .resolvesOnce({ AlarmMuteRuleSummaries: [], NextToken: 'page 2' }).resolvesOnce({ AlarmMuteRuleSummaries: [rule] });
    expect(await mute()).toEqual({ activeRules: [MUTE_ARN] });
  });

  test.each(['UnknownOperationException', 'InvalidAction'])('are none where CloudWatch does not know of any: %s', async (name) => {
    cloudWatchMock.on(ListAlarmMuteRulesCommand).rejects(awsError(name, 400));
    expect(await mute()).toEqual({ activeRules: [] });
  });

  test.each<[string, object]>([
    ['the answer has no list', {}],
    ['a rule has no ARN', { AlarmMuteRuleSummaries: [{ Status: 'ACTIVE' }] }],
    ['the pages do not end', { AlarmMuteRuleSummaries: [], NextToken: 'more' }],
  ])('fail to be known when %s', async (_what, answer) => {
    cloudWatchMock.on(ListAlarmMuteRulesCommand).resolves(answer);
    expect(await mute()).toEqual(missing);
  });
});
