import type { Evidence } from '../../src/interrupt/facts';
import type { InterruptPolicy } from '../../src/interrupt/interrupt-policy';
import type { AlarmSource, InterruptRequest } from '../../src/interrupt/trigger';

export const INSTANCE = 'i-0123456789abcdef0';
export const OTHER_INSTANCE = 'i-0fedcba9876543210';
export const ALARM_ARN = 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:web-unresponsive';
export const OTHER_ALARM_ARN = 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:web-heartbeat';
export const COMPOSITE_ARN = 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:web-hung';
export const MUTE_ARN = 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm-mute-rule:release';
export const ASSOCIATION = '11111111-2222-4333-8444-555555555555';
export const TABLE = 'interrupts';
export const HEARTBEAT = { namespace: 'CWAgent', metricName: 'mem_used_percent' };

/** When the tests take place: half a minute after the alarm, a minute and a half after the machine went silent. */
export const NOW = new Date('2026-01-02T03:05:30.000Z');

/** So many seconds before the tests take place. */
export const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();

export const ARMED: InterruptPolicy = {
  mode: 'armed',
  targets: { instanceIds: [INSTANCE] },
  associationId: ASSOCIATION,
  minimumImpairedSeconds: 60,
  maximumEventAgeSeconds: 600,
  maximumReadinessAgeSeconds: 3 * 86_400,
  whenNotArmed: 'refuse',
  bareMetal: 'refuse',
  signals: [],
  gameDays: false,
  claims: { tableName: TABLE, cooldownSeconds: 6 * 3600, windowSeconds: 3600, limit: { count: 3 } },
};
export const BY_TAG: InterruptPolicy = { ...ARMED, targets: { tag: { key: 'kdump', values: ['on', 'yes'] } } };
export const BY_SHARE: InterruptPolicy = { ...ARMED, claims: { ...ARMED.claims, limit: { percent: 10 } } };

export const ALARM: AlarmSource = {
  kind: 'alarm', alarmName: 'web-unresponsive', alarmArn: ALARM_ARN, alarmState: 'ALARM', time: '2026-01-02T03:05:00.000Z',
};
export const FROM_ALARM: InterruptRequest = { instanceId: INSTANCE, source: ALARM };
export const FROM_COMPOSITE = {
  instanceId: INSTANCE,
  source: { ...ALARM, alarmName: 'web-hung', alarmArn: COMPOSITE_ARN, children: [ALARM_ARN, OTHER_ALARM_ARN] },
} satisfies InterruptRequest;
export const WATCH = { kind: 'watch', watch: 'fleet-watch', time: '2026-01-02T03:05:00.000Z' } as const;
export const FROM_WATCH = { instanceId: INSTANCE, source: WATCH } satisfies InterruptRequest;
export const DIRECT: InterruptRequest = { instanceId: INSTANCE, source: { kind: 'direct', reason: 'it hangs' } };
export const GAME_DAY: InterruptRequest = { instanceId: INSTANCE, source: { kind: 'gameDay', reason: 'an exercise' } };

/** Evidence with which nothing speaks against an interrupt. */
export const HUNG = {
  at: NOW.toISOString(),
  alarm: {
    state: 'ALARM',
    stateSince: '2026-01-02T03:05:00.000Z',
    actionsEnabled: true,
    watches: [{ namespace: 'AWS/EC2', metricName: 'StatusCheckFailed_Instance', instanceId: INSTANCE }],
  },
  mute: { activeRules: [] },
  instance: { state: 'running', instanceType: 'm7i.large', architecture: 'x86_64', launchTime: '2025-12-01T00:00:00.000Z', tags: { kdump: 'on' } },
  status: {
    instance: { status: 'impaired', details: [{ name: 'reachability', status: 'failed', impairedSince: '2026-01-02T03:04:00.000Z' }] },
    system: { status: 'ok', details: [{ name: 'reachability', status: 'passed' }] },
  },
  instanceType: { hypervisor: 'nitro', bareMetal: false, architectures: ['x86_64'] },
  kdump: { status: 'Success', detailedStatus: 'Success', executionDate: '2026-01-01T00:00:00.000Z' },
  claims: { takenSlots: [] },
} satisfies Evidence;

const metricOf = (dimensions: object) => ({
  id: '7d1f7a1c-0000-4000-8000-000000000000',
  metricStat: { metric: { namespace: 'AWS/EC2', name: 'StatusCheckFailed_Instance', dimensions }, period: 60, stat: 'Maximum' },
  returnData: true,
});

/** The action of an alarm on StatusCheckFailed_Instance, as CloudWatch sends it. */
export function alarmEvent(state = 'ALARM') {
  return {
    source: 'aws.cloudwatch',
    alarmArn: ALARM_ARN,
    accountId: '111122223333',
    time: '2026-01-02T03:05:00.000+0000',
    region: 'eu-central-1',
    alarmData: {
      alarmName: 'web-unresponsive',
      state: { value: state, reason: 'Threshold Crossed', timestamp: '2026-01-02T03:05:00.000+0000' },
      previousState: { value: 'OK', reason: 'Threshold not crossed', timestamp: '2026-01-02T03:00:00.000+0000' },
      configuration: { metrics: [metricOf({ InstanceId: INSTANCE })] },
    },
  };
}

/** The action of a composite alarm that these alarms set off. */
export function compositeEvent(children = [ALARM_ARN, OTHER_ALARM_ARN], state = 'ALARM') {
  const triggeringAlarms = children.map(arn => ({ arn, state: { value: 'ALARM', timestamp: '2026-01-02T03:05:00.000+0000' } }));
  return {
    ...alarmEvent(),
    alarmArn: COMPOSITE_ARN,
    alarmData: {
      alarmName: 'web-hung',
      state: { value: state, reason: 'two alarms', reasonData: JSON.stringify({ triggeringAlarms }), timestamp: '2026-01-02T03:05:00.000+0000' },
      previousState: { value: 'OK', reason: 'none', timestamp: '2026-01-02T03:00:00.000+0000' },
      configuration: { alarmRule: 'ALARM("web-unresponsive") OR ALARM("web-heartbeat")' },
    },
  };
}

/** The same as `alarmEvent`, from EventBridge. */
export function bridgeEvent(detail: object = {}) {
  const { alarmData } = alarmEvent();
  return {
    'version': '0',
    'id': 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
    'detail-type': 'CloudWatch Alarm State Change',
    'source': 'aws.cloudwatch',
    'account': '111122223333',
    'time': '2026-01-02T03:05:00Z',
    'region': 'eu-central-1',
    'resources': [ALARM_ARN],
    'detail': { ...alarmData, ...detail },
  };
}

/** What a fleet watch tells of an instance. */
export function watchEvent(detail: object = {}) {
  return {
    ...bridgeEvent(),
    'detail-type': 'EC2 Instance Unresponsive',
    'source': 'cdk-diagnostic-interrupt',
    'resources': [],
    'detail': { version: 1, watch: 'fleet-watch', instanceId: INSTANCE, impairedSince: '2026-01-02T03:04:00.000Z', ...detail },
  };
}
