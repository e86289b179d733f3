import {
  ALARM, ALARM_ARN, alarmEvent, bridgeEvent, COMPOSITE_ARN, compositeEvent, FROM_ALARM, FROM_COMPOSITE, FROM_WATCH, INSTANCE,
  MUTE_ARN, OTHER_ALARM_ARN, OTHER_INSTANCE, watchEvent,
} from './fixtures';
import { parseTrigger, UnknownEventError } from '../../src/interrupt/trigger';

/** The example for a metric alarm in the CloudWatch User Guide, "Invoke a Lambda function from an alarm". */
const DOCUMENTED_METRIC_ALARM = {
  source: 'aws.cloudwatch',
  alarmArn: 'arn:aws:cloudwatch:us-east-1:444455556666:alarm:lambda-demo-metric-alarm',
  accountId: '444455556666',
  time: '2023-08-04T12:36:15.490+0000',
  region: 'us-east-1',
  alarmData: {
    alarmName: 'lambda-demo-metric-alarm',
    state: { value: 'ALARM', reason: 'test', timestamp: '2023-08-04T12:36:15.490+0000' },
    previousState: {
      value: 'INSUFFICIENT_DATA',
      reason: 'Insufficient Data: 5 datapoints were unknown.',
      reasonData: '{"version":"1.0","queryDate":"2023-08-04T12:31:29.591+0000","statistic":"Average","period":60,"recentDatapoints":[]}',
      timestamp: '2023-08-04T12:31:29.595+0000',
    },
    configuration: {
      description: 'Metric Alarm to test Lambda actions',
      metrics: [{
        id: '1234e046-06f0-a3da-9534-EXAMPLEe4c',
        metricStat: {
          metric: { namespace: 'AWS/Logs', name: 'CallCount', dimensions: { InstanceId: 'i-12345678' } },
          period: 60,
          stat: 'Average',
          unit: 'Percent',
        },
        returnData: true,
      }],
    },
  },
};

describe('an alarm action', () => {
  test.each(['OK', 'ALARM', 'INSUFFICIENT_DATA'])('gives the instance of its metric, the alarm, when it was sent and the state that it reports: %s', (state) => {
    expect(parseTrigger(alarmEvent(state))).toEqual({ ...FROM_ALARM, source: { ...ALARM, alarmState: state } });
  });

  test('is understood as the CloudWatch User Guide shows it', () => {
    expect(parseTrigger(DOCUMENTED_METRIC_ALARM)).toEqual({
      instanceId: 'i-12345678',
      source: {
        kind: 'alarm',
        alarmName: 'lambda-demo-metric-alarm',
        alarmArn: 'arn:aws:cloudwatch:us-east-1:444455556666:alarm:lambda-demo-metric-alarm',
        alarmState: 'ALARM',
        time: '2023-08-04T12:36:15.490Z',
      },
    });
  });

  test('may combine several metrics of one instance, with metric math and with other dimensions', () => {
    const metrics = [
      metricOf({ InstanceId: INSTANCE }), { id: 'e', expression: 'm1 + m2', returnData: true }, metricOf({ Device: 'xvda', InstanceId: INSTANCE, Path: '/' }),
      metricOf({ AutoScalingGroupName: 'web' }), { id: 'x', metricStat: null }, metricOf(undefined),
    ];
    expect(parseTrigger(withMetrics(metrics))).toEqual(FROM_ALARM);
  });

  test.each([
    'arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:web-unresponsive',
    'arn:aws-us-gov:cloudwatch:us-gov-west-1:111122223333:alarm:web-unresponsive',
  ])('may come from another partition: %s', (alarmArn) => {
    expect(parseTrigger({ ...alarmEvent(), alarmArn }).source).toMatchObject({ alarmArn });
  });

  test('may be of an alarm whose name is long and has colons', () => {
    const name = `a: ${'ü'.repeat(252)}`;
    expect(parseTrigger(alarmNamed(name)).source).toMatchObject({ alarmName: name });
  });

  test('of a composite alarm gives the alarms that set it off, and no instance', () => {
    const { source } = FROM_COMPOSITE;
    expect(parseTrigger(compositeEvent())).toEqual({ source });
    expect(parseTrigger(compositeEvent([ALARM_ARN]))).toEqual({ source: { ...source, children: [ALARM_ARN] } });
    expect(parseTrigger(compositeEvent(Array(99).fill(OTHER_ALARM_ARN)))).toMatchObject({ source: { children: { length: 99 } } });
  });

  test.each<[string, unknown]>([
    ['no metrics', withMetrics([])],
    ['metrics that are no list', withMetrics({ length: 1 })],
    ['more metrics than an alarm may have', withMetrics(Array(101).fill(metricOf({ InstanceId: INSTANCE })))],
    ['a metric without InstanceId', withMetrics([metricOf({ AutoScalingGroupName: 'web' })])],
    ['an expression alone', withMetrics([{ id: 'q', expression: 'SELECT MAX(StatusCheckFailed_Instance) FROM SCHEMA("AWS/EC2", InstanceId)' }])],
    ['metrics of several instances', withMetrics([metricOf({ InstanceId: INSTANCE }), metricOf({ InstanceId: OTHER_INSTANCE })])],
    ['an instance beside something malformed', withMetrics([metricOf({ InstanceId: INSTANCE }), metricOf({ InstanceId: 7 })])],
    ['a malformed instance ID', withMetrics([metricOf({ InstanceId: 'i-0123456789ABCDEF0' })])],
    ['an instance ID that is a list', withMetrics([metricOf({ InstanceId: [INSTANCE] })])],
    ['an instance ID with a second line', withMetrics([metricOf({ InstanceId: `${INSTANCE}\n` })])],
    ['an instance ID inside other text', withMetrics([metricOf({ InstanceId: `x${INSTANCE}x` })])],
    ['an instance ID of 1 MB', withMetrics([metricOf({ InstanceId: `i-${'0'.repeat(1_000_000)}` })])],
    ['an instance ID that is inherited', withMetrics([metricOf(Object.create({ InstanceId: INSTANCE }))])],
    ['a rule, but nothing that set it off', withConfiguration({ alarmRule: 'ALARM(a)', metrics: [metricOf({ InstanceId: INSTANCE })] })],
    ['no configuration', withConfiguration(undefined)],
    ['neither metrics nor a rule', withConfiguration({})],
    ['the ARN of another alarm', { ...alarmEvent(), alarmArn: ALARM_ARN.replace('web', 'app') }],
    ['an ARN of another service', { ...alarmEvent(), alarmArn: ALARM_ARN.replace('cloudwatch', 'sns') }],
    ['an account that is none', { ...alarmEvent(), alarmArn: ALARM_ARN.replace('111122223333', '*') }],
    ['no ARN', { ...alarmEvent(), alarmArn: undefined }],
    ['a name that is too long for one', alarmNamed('a'.repeat(256))],
    ['a name with a second line', alarmNamed('web\nunresponsive')],
    ['no name', withData({ alarmName: undefined })],
    ['an empty name', alarmNamed('')],
    ['no state', withData({ state: {} })],
    ['a state that is new', withData({ state: { value: 'MAYBE' } })],
    ['no data', { ...alarmEvent(), alarmData: undefined }],
    ['another source', { ...alarmEvent(), source: 'aws.ec2' }],
    ['no time', { ...alarmEvent(), time: undefined }],
    ['a time that is none', { ...alarmEvent(), time: 'now' }],
    ['a time that is a number', { ...alarmEvent(), time: 1767323100000 }],
    ['a time without end', { ...alarmEvent(), time: `2026-01-02T03:05:00Z${' '.repeat(100_000)}` }],
    ['a time that no calendar has', { ...alarmEvent(), time: '2026-13-01T00:00:00Z' }],
    ['a mute rule without an ARN', withData({ muteDetail: {} })],
  ])('fails with %s', (_what, event) => {
    expect(() => parseTrigger(event)).toThrow(UnknownEventError);
  });

  test.each<[string, unknown]>([
    ['no reason', undefined],
    ['a reason that is no JSON', 'ALARM(a)'],
    ['a reason of another form', '[]'],
    ['no alarm', '{"triggeringAlarms":[]}'],
    ['alarms that are names', '{"triggeringAlarms":["web-unresponsive"]}'],
    ['an alarm without an ARN', '{"triggeringAlarms":[{"state":{"value":"ALARM"}}]}'],
    ['an ARN of something else', `{"triggeringAlarms":[{"arn":"${MUTE_ARN}"}]}`],
    ['more alarms than one call describes', JSON.stringify({ triggeringAlarms: Array(100).fill({ arn: ALARM_ARN }) })],
  ])('fails for a composite alarm with %s', (_what, reasonData) => {
    const event = compositeEvent();
    const state = { ...event.alarmData.state, reasonData };
    expect(() => parseTrigger({ ...event, alarmData: { ...event.alarmData, state } })).toThrow(UnknownEventError);
  });
});

describe('an event of EventBridge', () => {
  test('gives the same as the action of the alarm', () => {
    expect(parseTrigger(bridgeEvent())).toEqual(FROM_ALARM);
    const { alarmData } = compositeEvent();
    expect(parseTrigger({ ...bridgeEvent(alarmData), resources: [COMPOSITE_ARN] })).toEqual({ source: FROM_COMPOSITE.source });
  });

  test('gives the instance that a fleet watch tells of', () => {
    expect(parseTrigger(watchEvent())).toEqual(FROM_WATCH);
  });

  test('gives the mute rule under which the alarm is', () => {
    const muteDetail = { mutedByArn: MUTE_ARN, muteWindowStart: '2026-01-02T03:00:00.000+0000', muteWindowEnd: '2026-01-02T04:00:00.000+0000' };
    expect(parseTrigger(bridgeEvent({ muteDetail }))).toMatchObject({ source: { mutedBy: MUTE_ARN } });
    expect(parseTrigger(bridgeEvent({ muteDetail: null })).source).not.toHaveProperty('mutedBy');
  });

  test.each<[string, unknown]>([
    ['another type', { ...bridgeEvent(), 'detail-type': 'CloudWatch Alarm Configuration Change' }],
    ['a type of another service', { ...bridgeEvent(), 'detail-type': 'EC2 Instance State-change Notification' }],
    ['another source', { ...bridgeEvent(), source: 'com.example' }],
    ['no detail', { ...bridgeEvent(), detail: undefined }],
    ['no resource', { ...bridgeEvent(), resources: [] }],
    ['a contributor of an alarm, which it does not know', { ...bridgeEvent(), 'detail-type': 'CloudWatch Alarm Contributor State Change' }],
    ['the state change of an alarm on a query, which names no instance', bridgeEvent({ configuration: { metrics: [{ id: 'q', expression: 'SELECT 1' }] } })],
    ['the ARN of another alarm', { ...bridgeEvent(), resources: [OTHER_ALARM_ARN] }],
    ['a fleet watch of another source', { ...watchEvent(), source: 'com.example' }],
    ['a fleet watch of no time', { ...watchEvent(), time: undefined }],
    ['a fleet watch without a name', watchEvent({ watch: undefined })],
    ['a fleet watch whose name no function has', watchEvent({ watch: 'watch\n' })],
    ['a fleet watch of a version to come', watchEvent({ version: 2 })],
    ['a fleet watch of no instance', watchEvent({ instanceId: undefined })],
    ['a fleet watch of several instances', watchEvent({ instanceId: [INSTANCE, OTHER_INSTANCE] })],
    ['a fleet watch of an instance that is none', watchEvent({ instanceId: 'Other' })],
  ])('fails with %s', (_what, event) => {
    expect(() => parseTrigger(event)).toThrow(UnknownEventError);
  });
});

describe('a direct call', () => {
  test.each([[INSTANCE, 'game day'], ['i-12345678', 'x'.repeat(1000)]])('gives the instance and the reason', (instanceId, reason) => {
    expect(parseTrigger({ instanceId, reason })).toEqual({ instanceId, source: { kind: 'direct', reason } });
  });

  test.each<[string, unknown]>([
    ['no reason', { instanceId: INSTANCE }],
    ['a blank reason', { instanceId: INSTANCE, reason: ' \n' }],
    ['a reason that is no string', { instanceId: INSTANCE, reason: ['because'] }],
    ['a reason without end', { instanceId: INSTANCE, reason: 'x'.repeat(1001) }],
    ['no instance', { reason: 'game day' }],
    ['several instances', { instanceId: [INSTANCE, OTHER_INSTANCE], reason: 'game day' }],
    ['a malformed instance ID', { instanceId: 'i-xyz', reason: 'game day' }],
    ['an instance ID of 12 digits', { instanceId: 'i-0123456789ab', reason: 'game day' }],
    ['a wish that nobody grants', { instanceId: INSTANCE, reason: 'game day', dryRun: true }],
    ['a wish that every object inherits', { instanceId: INSTANCE, reason: 'game day', constructor: 1 }],
    ['the wish for a game day', { instanceId: INSTANCE, reason: 'game day', kind: 'gameDay' }],
    ['an instance that is inherited', Object.assign(Object.create({ instanceId: INSTANCE }), { reason: 'game day' })],
    ['a prototype in the JSON', JSON.parse(`{"__proto__": {"instanceId": "${INSTANCE}"}, "reason": "game day"}`)],
    ['a prototype beside the rest', JSON.parse(`{"__proto__": {"admin": true}, "instanceId": "${INSTANCE}", "reason": "game day"}`)],
  ])('fails with %s', (_what, event) => {
    expect(() => parseTrigger(event)).toThrow(UnknownEventError);
  });
});

describe('any other event', () => {
  test.each([undefined, null, 7, 'i-0123456789abcdef0', [], {}, { Records: [] }, { source: 'aws.ec2' }, [alarmEvent()]])('fails: %j', (event) => {
    expect(() => parseTrigger(event)).toThrow(expect.objectContaining({ name: 'UnknownEvent' }));
  });

  const messageOf = (event: unknown) => {
    try {
      return JSON.stringify(parseTrigger(event));
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('fails with its shape, and never with its content', () => {
    expect(messageOf({ Records: [{ Sns: { Message: 'secret' } }] })).toMatch(/^(?!.*secret).*an object with the keys Records$/);
    expect(messageOf(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}${'k'.repeat(100_000)}`, 1])))).toMatch(/^.{1,600}$/);
    expect(messageOf({ 'a secret\n': 1, 'b': 2 })).toMatch(/keys \(not a name\), b$/);
    expect(messageOf([1, 2])).toBe('The event is a list of 2');
  });

  test('fails with the place at which it is not as documented', () => {
    expect(messageOf(withData({ state: { value: 'secret' } }))).toMatch(/^(?!.*secret)An alarm action .* at alarmData\.state\.value: .*"ALARM".* is expected$/);
    expect(messageOf({ instanceId: INSTANCE, reason: 'x', dryRun: true })).toMatch(/at dryRun: never is expected/);
    expect(messageOf({ instanceId: INSTANCE, reason: 'x', ['secret key']: true })).toMatch(/^(?!.*secret).* at a key that is not documented/);
  });
});

function metricOf(dimensions: unknown) {
  return { id: 'm1', metricStat: { metric: { namespace: 'AWS/EC2', name: 'StatusCheckFailed_Instance', dimensions }, period: 60, stat: 'Maximum' } };
}

function withData(data: object) {
  const event = alarmEvent();
  return { ...event, alarmData: { ...event.alarmData, ...data } };
}

function withConfiguration(configuration: unknown) {
  return withData({ configuration });
}

function withMetrics(metrics: unknown) {
  return withConfiguration({ metrics });
}

function alarmNamed(alarmName: string) {
  return { ...withData({ alarmName }), alarmArn: `arn:aws:cloudwatch:eu-central-1:111122223333:alarm:${alarmName}` };
}
