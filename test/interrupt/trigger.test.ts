import * as fc from 'fast-check';
import { ALARM_ARN, alarmEvent, FROM_ALARM, INSTANCE, OTHER_INSTANCE } from './fixtures';
import { isInstanceId } from '../../src/interrupt/interrupt-policy';
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
  test('gives the instance of its metric, the alarm and the state that it reports', () => {
    expect(parseTrigger(alarmEvent('OK'))).toEqual({ ...FROM_ALARM, source: { ...FROM_ALARM.source, alarmState: 'OK' } });
  });

  test('is understood as the CloudWatch User Guide shows it', () => {
    expect(parseTrigger(DOCUMENTED_METRIC_ALARM)).toEqual({
      instanceId: 'i-12345678',
      source: {
        kind: 'alarm',
        alarmName: 'lambda-demo-metric-alarm',
        alarmArn: 'arn:aws:cloudwatch:us-east-1:444455556666:alarm:lambda-demo-metric-alarm',
        alarmState: 'ALARM',
      },
    });
  });

  test('may combine several metrics of one instance', () => {
    const [metric] = alarmEvent().alarmData.configuration.metrics;
    expect(parseTrigger(withMetrics([metric, { id: 'e', expression: 'm1 + m2', returnData: true }, metric])).instanceId).toBe(INSTANCE);
  });

  test.each([
    'arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:web-unresponsive',
    'arn:aws-us-gov:cloudwatch:us-gov-west-1:111122223333:alarm:web-unresponsive',
  ])('may come from another partition: %s', (alarmArn) => {
    expect(parseTrigger({ ...alarmEvent(), alarmArn }).source).toMatchObject({ alarmArn });
  });

  test.each<[string, unknown]>([
    ['no metrics', withMetrics([])],
    ['metrics that are no list', withMetrics({ length: 1 })],
    ['a metric without InstanceId', withMetrics([metricOf({ AutoScalingGroupName: 'web' })])],
    ['an expression alone', withMetrics([{ id: 'q', expression: 'SELECT MAX(StatusCheckFailed_Instance) FROM SCHEMA("AWS/EC2", InstanceId)' }])],
    ['metrics of several instances', withMetrics([metricOf({ InstanceId: INSTANCE }), metricOf({ InstanceId: OTHER_INSTANCE })])],
    ['an instance beside something malformed', withMetrics([metricOf({ InstanceId: INSTANCE }), metricOf({ InstanceId: 7 })])],
    ['a malformed instance ID', withMetrics([metricOf({ InstanceId: 'i-0123456789ABCDEF0' })])],
    ['an instance ID that is a list', withMetrics([metricOf({ InstanceId: [INSTANCE] })])],
    ['an instance ID with a second line', withMetrics([metricOf({ InstanceId: `${INSTANCE}\n` })])],
    ['an instance ID inside other text', withMetrics([metricOf({ InstanceId: `x${INSTANCE}x` })])],
    ['an instance ID of 1 MB', withMetrics([metricOf({ InstanceId: `i-${'0'.repeat(1_000_000)}` })])],
    ['an instance ID behind other text', withMetrics([metricOf({ InstanceId: `x${INSTANCE}` })])],
    ['an instance ID that is inherited', withMetrics([metricOf(Object.create({ InstanceId: INSTANCE }))])],
    ['a composite alarm', withConfiguration({ alarmRule: 'ALARM(a) AND ALARM(b)', metrics: [metricOf({ InstanceId: INSTANCE })] })],
    ['no configuration', withConfiguration(undefined)],
    ['the ARN of another alarm', { ...alarmEvent(), alarmArn: ALARM_ARN.replace('web', 'app') }],
    ['an ARN of another service', { ...alarmEvent(), alarmArn: ALARM_ARN.replace('cloudwatch', 'sns') }],
    ['no ARN', { ...alarmEvent(), alarmArn: undefined }],
    ['a name that is too long for one', alarmNamed('a'.repeat(256))],
    ['no name', { ...alarmEvent(), alarmData: { ...alarmEvent().alarmData, alarmName: undefined } }],
    ['no state', { ...alarmEvent(), alarmData: { ...alarmEvent().alarmData, state: {} } }],
    ['no data', { ...alarmEvent(), alarmData: undefined }],
    ['an EventBridge event instead', { 'source': 'aws.cloudwatch', 'detail-type': 'CloudWatch Alarm State Change', 'detail': {} }],
  ])('fails with %s', (_what, event) => {
    expect(() => parseTrigger(event)).toThrow(UnknownEventError);
  });
});

describe('a direct call', () => {
  test('gives the instance and the reason', () => {
    expect(parseTrigger({ instanceId: INSTANCE, reason: 'game day' })).toEqual({ instanceId: INSTANCE, source: { kind: 'direct', reason: 'game day' } });
  });

  test.each<[string, unknown]>([
    ['no reason', { instanceId: INSTANCE }],
    ['a blank reason', { instanceId: INSTANCE, reason: ' ' }],
    ['a reason that is no string', { instanceId: INSTANCE, reason: ['because'] }],
    ['a reason without end', { instanceId: INSTANCE, reason: 'x'.repeat(1001) }],
    ['no instance', { reason: 'game day' }],
    ['several instances', { instanceId: [INSTANCE, OTHER_INSTANCE], reason: 'game day' }],
    ['a malformed instance ID', { instanceId: 'i-xyz', reason: 'game day' }],
    ['an instance ID of 12 digits', { instanceId: 'i-0123456789ab', reason: 'game day' }],
    ['a wish that nobody grants', { instanceId: INSTANCE, reason: 'game day', dryRun: true }],
    ['an instance that is inherited', Object.assign(Object.create({ instanceId: INSTANCE }), { reason: 'game day' })],
    ['a prototype in the JSON', JSON.parse(`{"__proto__": {"instanceId": "${INSTANCE}"}, "reason": "game day"}`)],
  ])('fails with %s', (_what, event) => {
    expect(() => parseTrigger(event)).toThrow(UnknownEventError);
  });
});

describe('any other event', () => {
  test.each([undefined, null, 7, 'i-0123456789abcdef0', [], {}, { Records: [] }, { source: 'aws.ec2' }])('fails: %j', (event) => {
    expect(() => parseTrigger(event)).toThrow(expect.objectContaining({ name: 'UnknownEvent' }));
  });

  test('fails with its shape, and never with its content', () => {
    expect(() => parseTrigger({ Records: [{ Sns: { Message: 'secret' } }] })).toThrow(expect.objectContaining({
      message: expect.stringMatching(/^(?!.*secret).*an object with the keys Records$/),
    }));
    expect(() => parseTrigger(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}${'k'.repeat(100_000)}`, 1])))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,600}$/) }));
  });
});

describe('fuzzed', () => {
  const parsed = (event: unknown) => {
    try {
      return parseTrigger(event);
    } catch (error) {
      expect(error).toBeInstanceOf(UnknownEventError);
      return undefined;
    }
  };

  test('fails on any value with UnknownEvent alone', () => {
    fc.assert(fc.property(fc.anything({ withNullPrototype: true, withMap: true, withBigInt: true }), (event) => {
      expect(parsed(event)).toBeUndefined();
    }), { numRuns: 2000 });
  });

  test('fails on an alarm action of which any one part is replaced, or reads the instance that stands in it', () => {
    const template = alarmEvent();
    fc.assert(fc.property(fc.constantFrom(...paths(template)), fc.jsonValue(), (path, value) => {
      const request = parsed(replaced(template, path, value));
      if (request) {
        expect(request.instanceId).toBe(INSTANCE);
        expect(isInstanceId(request.instanceId)).toBe(true);
        // Only what nobody reads, or the state that is judged later, may differ.
        const text = path.join('.');
        expect(text).toMatch(/^(accountId|time|region)$|previousState|state\.|^alarmData\.state$|period|stat$|returnData|\.id$|namespace|metric\.name$/);
      }
    }), { numRuns: 2000 });
  });

  test('fails on a direct call with any instance ID that is not one', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^i-[0-9a-f]{0,7}$/), fc.stringMatching(/^[im]-[0-9a-g]{9,40}$/)), (instanceId) => {
      fc.pre(!/^i-[0-9a-f]{17}$/.test(instanceId));
      expect(parsed({ instanceId, reason: 'test' })).toBeUndefined();
    }));
  });
});

function metricOf(dimensions: unknown) {
  return { id: 'm1', metricStat: { metric: { namespace: 'AWS/EC2', name: 'StatusCheckFailed_Instance', dimensions }, period: 60, stat: 'Maximum' } };
}

function withConfiguration(configuration: unknown) {
  const event = alarmEvent();
  return { ...event, alarmData: { ...event.alarmData, configuration } };
}

function withMetrics(metrics: unknown) {
  return withConfiguration({ metrics });
}

function alarmNamed(alarmName: string) {
  const event = alarmEvent();
  return { ...event, alarmArn: `arn:aws:cloudwatch:eu-central-1:111122223333:alarm:${alarmName}`, alarmData: { ...event.alarmData, alarmName } };
}

function paths(value: unknown, prefix: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [prefix];
  return [...(prefix.length > 0 ? [prefix] : []), ...Object.entries(value).flatMap(([key, child]) => paths(child, [...prefix, key]))];
}

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: any = Array.isArray(value) ? [...value] : { ...(value as object) };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
