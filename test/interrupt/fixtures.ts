import type { Evidence } from '../../src/interrupt/facts';
import type { InterruptPolicy } from '../../src/interrupt/interrupt-policy';
import type { InterruptRequest } from '../../src/interrupt/trigger';

export const INSTANCE = 'i-0123456789abcdef0';
export const OTHER_INSTANCE = 'i-0fedcba9876543210';
export const ALARM_ARN = 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:web-unresponsive';
export const ASSOCIATION = '11111111-2222-4333-8444-555555555555';

export const ARMED: InterruptPolicy = { mode: 'armed', targets: { instanceIds: [INSTANCE] }, associationId: ASSOCIATION };
export const BY_TAG: InterruptPolicy = { ...ARMED, targets: { tag: { key: 'kdump', values: ['on', 'yes'] } } };

export const FROM_ALARM: InterruptRequest = {
  instanceId: INSTANCE,
  source: { kind: 'alarm', alarmName: 'web-unresponsive', alarmArn: ALARM_ARN, alarmState: 'ALARM' },
};
export const DIRECT: InterruptRequest = { instanceId: INSTANCE, source: { kind: 'direct', reason: 'game day' } };

/** Evidence with which nothing speaks against an interrupt. */
export const HUNG = {
  alarm: { state: 'ALARM' },
  instance: { state: 'running', instanceType: 'm7i.large', architecture: 'x86_64', tags: { kdump: 'on' } },
  status: {
    instance: { status: 'impaired', details: [{ name: 'reachability', status: 'failed', impairedSince: '2026-01-02T03:04:00.000Z' }] },
    system: { status: 'ok', details: [{ name: 'reachability', status: 'passed' }] },
  },
  instanceType: { hypervisor: 'nitro', bareMetal: false, architectures: ['x86_64'] },
  kdump: { status: 'Success', detailedStatus: 'Success', executionDate: '2026-01-01T00:00:00.000Z' },
} satisfies Evidence;

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
      configuration: {
        metrics: [{
          id: '7d1f7a1c-0000-4000-8000-000000000000',
          metricStat: {
            metric: { namespace: 'AWS/EC2', name: 'StatusCheckFailed_Instance', dimensions: { InstanceId: INSTANCE } },
            period: 60,
            stat: 'Maximum',
          },
          returnData: true,
        }],
      },
    },
  };
}
