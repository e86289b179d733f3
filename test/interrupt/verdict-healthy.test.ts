import { checks, event, impaired, policy, reasons } from './but-for';
import {
  ago, ARMED, BY_TAG, DIRECT, FROM_ALARM, FROM_COMPOSITE, FROM_WATCH, GAME_DAY, HEARTBEAT, HUNG, INSTANCE, MUTE_ARN, OTHER_INSTANCE,
} from './fixtures';
import type { Evidence } from '../../src/interrupt/facts';
import type { InterruptPolicy } from '../../src/interrupt/interrupt-policy';
import type { RefusalReason } from '../../src/interrupt/refusal';
import type { InterruptRequest } from '../../src/interrupt/trigger';

type Case = [what: string, request: InterruptRequest, evidence: Evidence, policy: InterruptPolicy];

const WATCHES_HEARTBEAT = [{ ...HEARTBEAT, instanceId: INSTANCE }];
/** Its kernel answers ARP; its user space does not. */
const ARP_HEALTHY: Evidence = { ...checks('ok', 'ok', []), alarm: { ...HUNG.alarm, watches: WATCHES_HEARTBEAT } };
const TRUSTING = policy({ signals: [{ namespace: 'Custom', metricName: 'beat' }, HEARTBEAT] });
const GAME_DAYS = policy({ gameDays: true });

describe('a machine whose status check passes is interrupted:', () => {
  test.each<Case>([
    ['an ARP-healthy machine whose heartbeat is trusted', FROM_ALARM, ARP_HEALTHY, TRUSTING],
    ['an ARP-healthy machine whose heartbeat is trusted, below a composite alarm', FROM_COMPOSITE, ARP_HEALTHY, TRUSTING],
    ['a healthy machine on a game day', GAME_DAY, checks('ok', 'ok', []), GAME_DAYS],
    ['a machine on a game day that was impaired this moment', GAME_DAY, impaired(ago(0)), GAME_DAYS],
    ['a machine on a game day of which it is not said since when it is impaired', GAME_DAY, impaired(undefined), GAME_DAYS],
    ['a machine that hangs on a game day, with or without game days', GAME_DAY, HUNG, ARMED],
  ])('%s', (_what, request, evidence, rules) => {
    expect(reasons(request, evidence, rules)).toEqual([]);
  });
});

describe('an ARP-healthy machine, although its heartbeat is trusted,', () => {
  const watching = (facts: object): Evidence => ({ ...ARP_HEALTHY, alarm: { ...HUNG.alarm, watches: [{ ...WATCHES_HEARTBEAT[0], ...facts }] } });
  test.each<[RefusalReason[], ...Case]>([
    [['Responsive'], 'the policy trusts nothing', FROM_ALARM, ARP_HEALTHY, ARMED],
    [['Responsive'], 'another metric', FROM_ALARM, watching({ metricName: 'cpu_usage_idle' }), TRUSTING],
    [['Responsive'], 'another namespace', FROM_ALARM, watching({ namespace: 'AWS/EC2' }), TRUSTING],
    [['Responsive'], 'namespace and metric of two trusted ones', FROM_ALARM, watching({ namespace: 'Custom' }), TRUSTING],
    [['Responsive'], 'another spelling', FROM_ALARM, watching({ metricName: 'MEM_used_percent' }), TRUSTING],
    [['Responsive'], 'the metric is of another instance, this instance of another metric', FROM_ALARM, {
      ...ARP_HEALTHY, alarm: { ...HUNG.alarm, watches: [{ ...HEARTBEAT, instanceId: OTHER_INSTANCE }, { namespace: 'A', metricName: 'b', instanceId: INSTANCE }] },
    }, TRUSTING],
    [['Responsive'], 'a fleet watch, which knows the status check alone', FROM_WATCH, { ...ARP_HEALTHY, alarm: undefined, mute: undefined }, TRUSTING],
    [['Responsive'], 'direct call', DIRECT, ARP_HEALTHY, TRUSTING],
    [['Responsive'], 'direct call, and no alarm', DIRECT, { ...ARP_HEALTHY, alarm: undefined }, TRUSTING],
    [['NotInAlarm', 'Responsive'], 'not in ALARM', FROM_ALARM, { ...ARP_HEALTHY, alarm: { ...HUNG.alarm, state: 'OK', watches: WATCHES_HEARTBEAT } }, TRUSTING],
    [['NotInAlarm', 'Responsive'], 'another instance', FROM_ALARM, watching({ instanceId: OTHER_INSTANCE }), TRUSTING],
    [['NotInAlarm', 'Responsive'], 'no instance', FROM_ALARM, watching({ instanceId: undefined }), TRUSTING],
    [['NotInAlarm'], 'the event says OK', event({ alarmState: 'OK' }), ARP_HEALTHY, TRUSTING],
    [['Responsive', 'EvidenceMissing'], 'the alarm is not known', FROM_ALARM, { ...ARP_HEALTHY, alarm: { missing: 'throttled' } }, TRUSTING],
    [['Muted'], 'muted', FROM_ALARM, { ...ARP_HEALTHY, mute: { activeRules: [MUTE_ARN] } }, TRUSTING],
    [['EvidenceMissing'], 'still initializing', FROM_ALARM, { ...ARP_HEALTHY, status: (checks('initializing', 'ok') as typeof HUNG).status }, TRUSTING],
  ])('is refused %j: %s', (expected, _what, request, evidence, rules) => {
    expect(reasons(request, evidence, rules)).toEqual(expected);
  });
});

describe('a game day waives nothing else', () => {
  const healthy = (facts: object): Evidence => ({ ...checks('ok', 'ok', []), ...facts });
  test.each<[RefusalReason[], string, Evidence, InterruptPolicy]>([
    [['Responsive'], 'no game days', healthy({}), ARMED],
    [['ImpairedTooShort'], 'no game days, impaired this moment', impaired(ago(1)), ARMED],
    [['NotATarget'], 'no target', healthy({}), { ...GAME_DAYS, targets: { instanceIds: [OTHER_INSTANCE] } }],
    [['NotATarget'], 'no tag', healthy({ instance: { ...HUNG.instance, tags: {} } }), { ...BY_TAG, gameDays: true }],
    [['NotRunning'], 'stopped', healthy({ instance: { ...HUNG.instance, state: 'stopped' } }), GAME_DAYS],
    [['SystemImpaired'], 'system', checks('ok', 'impaired'), GAME_DAYS],
    [['EvidenceMissing', 'EvidenceMissing'], 'status unknown', healthy({ status: { missing: 'throttled' } }), GAME_DAYS],
    [['EvidenceMissing'], 'initializing', checks('initializing', 'ok'), GAME_DAYS],
    [['EvidenceMissing'], 'a new status', checks('dazed', 'ok'), GAME_DAYS],
    [['BareMetal'], 'metal', healthy({ instanceType: { ...HUNG.instanceType, bareMetal: true } }), GAME_DAYS],
    [['UnsupportedInstanceType'], 'xen', healthy({ instanceType: { ...HUNG.instanceType, hypervisor: 'xen' } }), GAME_DAYS],
    [['UnsupportedArchitecture'], 'arm64', healthy({ instance: { ...HUNG.instance, architecture: 'arm64' } }), GAME_DAYS],
    [['KdumpNotArmed'], 'not armed', healthy({ kdump: {} }), GAME_DAYS],
    [['CoolingDown'], 'interrupted before', healthy({ claims: { takenSlots: [], cooldownUntil: ago(-1) } }), GAME_DAYS],
    [['DryRun'], 'dry run', healthy({}), { ...GAME_DAYS, mode: 'dryRun' }],
    [['CircuitOpen'], 'all slots taken', healthy({ claims: { takenSlots: [0, 1, 2] } }), GAME_DAYS],
  ])('and is refused %j: %s', (expected, _what, evidence, rules) => {
    expect(reasons(GAME_DAY, evidence, rules)).toEqual(expected);
  });
});
