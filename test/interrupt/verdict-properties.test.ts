import * as fc from 'fast-check';
import { ARMED, HEARTBEAT, INSTANCE, NOW, OTHER_INSTANCE } from './fixtures';
import { evenly, evidence, policy, request } from './verdict-arbitraries';
import type { Evidence } from '../../src/interrupt/facts';
import type { InterruptPolicy } from '../../src/interrupt/interrupt-policy';
import type { RefusalReason } from '../../src/interrupt/refusal';
import type { InterruptRequest } from '../../src/interrupt/trigger';
import { decide, refuseOutright } from '../../src/interrupt/verdict';

// The same ones every time: a run of the tests that fails can be had again.
const RUNS = { numRuns: 20_000, seed: 4 };

/** The safety rules once more, each for itself, in other words and without a look at the rules of the code. */
const conditions: Record<string, (r: InterruptRequest, e: any, p: any) => unknown> = {
  'the mode is armed': (_r, _e, p) => p.mode === 'armed',
  'it is a target': (r, e, p) => (p.targets.instanceIds ?? []).includes(r.instanceId)
    || (p.targets.tag && ['on', 'yes'].includes(Object.entries(e.instance.tags ?? {}).find(([key]) => key === 'kdump')?.[1] as string)),
  'the event and the alarm are in ALARM': ({ source: s }, e) => s.kind !== 'alarm' || (s.alarmState === 'ALARM' && e.alarm?.state === 'ALARM'),
  'the alarm is about the instance': ({ source: s, instanceId }, e) => s.kind !== 'alarm'
    || e.alarm?.watches?.filter((each: any) => each.instanceId === instanceId).length > 0,
  'nothing mutes the alarm': ({ source: s }, e) => s.kind !== 'alarm' || (!('mutedBy' in s) && e.mute?.activeRules?.length === 0),
  'the alarm may act': ({ source: s }, e) => s.kind !== 'alarm' || (e.alarm?.actionsEnabled === true && e.alarm.actionsSuppressedBy === undefined),
  'the event is of now': ({ source: s }, e, p) => !('time' in s)
    || (new Date(e.at) >= new Date(+new Date(s.time) - 300_000) && new Date(e.at) <= new Date(+new Date(s.time) + p.maximumEventAgeSeconds * 1000)),
  'it runs': (_r, e) => e.instance.state === 'running',
  'AWS is well': (_r, e) => e.status.system?.status === 'ok',
  'its volumes are there': (_r, e) => e.status.attachedEbs?.status !== 'impaired',
  'it is unresponsive, or an alarm that is trusted says so, or it is an exercise': ({ source: s, instanceId }, e, p) => {
    if (e.status.instance?.status === 'impaired') return true;
    const trusted = s.kind === 'alarm' && e.alarm?.watches?.some((each: any) => each.instanceId === instanceId
      && p.signals.some((signal: any) => `${signal.namespace} ${signal.metricName}` === `${each.namespace} ${each.metricName}`));
    return e.status.instance?.status === 'ok' && (trusted || (s.kind === 'gameDay' && p.gameDays));
  },
  'it has been for long enough': ({ source: s }, e, p) => {
    if (e.status.instance?.status !== 'impaired' || p.minimumImpairedSeconds === 0 || (s.kind === 'gameDay' && p.gameDays)) return true;
    const since = e.status.instance.details.filter((each: any) => each.status === 'failed' && each.impairedSince)[0]?.impairedSince;
    return +new Date(since) + p.minimumImpairedSeconds * 1000 <= +new Date(e.at);
  },
  'it is virtual, or metal is wanted': (_r, e, p) => e.instanceType.bareMetal === false || (!('missing' in e.instanceType) && p.bareMetal === 'interrupt'),
  'it is Nitro, or metal that is wanted': (_r, e, p) => e.instanceType.hypervisor === 'nitro' || (e.instanceType.bareMetal === true && p.bareMetal === 'interrupt'),
  'it is x86_64': (_r, e) => e.instance.architecture === 'x86_64' && e.instanceType.architectures?.includes('x86_64'),
  'kdump is armed, or need not be': (_r, e, p) => p.whenNotArmed === 'interrupt' || (e.kdump.status === 'Success'
    && +new Date(e.kdump.executionDate) <= +new Date(e.at) + 300_000
    && +new Date(e.kdump.executionDate) >= +new Date(e.at) - p.maximumReadinessAgeSeconds * 1000),
  'kdump is there': (_r, e, p) => p.whenNotArmed === 'interrupt' || e.instance.platform === undefined,
  'kdump was looked at since the start': (_r, e, p) => p.whenNotArmed === 'interrupt' || 'missing' in e.instance
    || +new Date(e.instance.launchTime) <= +new Date(e.kdump.executionDate) || e.kdump.status !== 'Success',
  'it was not interrupted before': (_r, e) => !('missing' in e.claims) && e.claims.cooldownUntil === undefined,
  'there are not too many': (_r, e, p) => {
    const { count, percent } = p.claims.limit;
    const isKnown = Number.isInteger(e.fleet?.size) && e.fleet.size >= 0;
    const allowed = count ?? (isKnown ? Math.min(100, Math.max(1, Math.floor(percent * e.fleet.size / 100))) : 0);
    return e.claims.takenSlots?.length < allowed;
  },
};

test('interrupts if and only if every single condition holds, and refuses for each that alone does not', () => {
  const seen = { interrupt: 0, refuse: 0 };
  const alone = new Set<string>();
  fc.assert(fc.property(request, evidence, policy, (r, e, p) => {
    const { decision } = decide(r, e, p);
    seen[decision]++;
    const unmet = Object.keys(conditions).filter(each => !conditions[each](r, e, p));
    if (unmet.length === 1) alone.add(unmet[0]);
    expect([decision, ...unmet]).toEqual(decision === 'interrupt' ? ['interrupt'] : ['refuse', ...unmet]);
    expect(decision === 'refuse').toBe(unmet.length > 0);
  }), RUNS);
  // All were tried, so that the property is not empty.
  expect(seen.interrupt).toBeGreaterThan(200);
  expect([...alone].sort()).toEqual(Object.keys(conditions).sort());
});

type Doubt = (e: Evidence, nonsense: string) => object;
type Matters = (r: InterruptRequest, e: Evidence, p: InterruptPolicy) => boolean;

/** What a decision needs to know, and when it does. */
const needed: [string, Doubt, Matters][] = [
  ['the instance', () => ({ instance: { missing: '' } }), () => true],
  ['the status', () => ({ status: { missing: '' } }), () => true],
  ['the type', () => ({ instanceType: { missing: '' } }), () => true],
  ['the claims', () => ({ claims: { missing: '' } }), () => true],
  ['kdump', () => ({ kdump: { missing: '' } }), (_r, _e, p) => p.whenNotArmed === 'refuse'],
  ['the alarm', () => ({ alarm: { missing: '' } }), r => r.source.kind === 'alarm'],
  ['the alarm, not read', () => ({ alarm: undefined }), r => r.source.kind === 'alarm'],
  ['the mute rules', () => ({ mute: { missing: '' } }), r => r.source.kind === 'alarm'],
  ['the mute rules, not read', () => ({ mute: undefined }), r => r.source.kind === 'alarm'],
  ['the fleet', () => ({ fleet: { missing: '' } }), (_r, _e, p) => 'percent' in p.claims.limit],
  ['the fleet, not read', () => ({ fleet: undefined }), (_r, _e, p) => 'percent' in p.claims.limit],
  ['a known state of the alarm', (e, x) => ({ alarm: { ...e.alarm, state: x } }), r => r.source.kind === 'alarm'],
  ['a known state of the instance', (e, x) => ({ instance: { ...e.instance, state: x } }), () => true],
  ['a known architecture', (e, x) => ({ instance: { ...e.instance, architecture: x } }), () => true],
  ['a known instance status', (e: any, x) => ({ status: { ...e.status, instance: { ...e.status.instance, status: x } } }), () => true],
  ['a known system status', (e: any, x) => ({ status: { ...e.status, system: { status: x, details: [] } } }), () => true],
  ['a known hypervisor', (e, x) => ({ instanceType: { ...e.instanceType, hypervisor: x, bareMetal: false } }), () => true],
  ['known architectures of the type', (e, x) => ({ instanceType: { ...e.instanceType, architectures: [x] } }), () => true],
  ['a known status of kdump', (e, x) => ({ kdump: { ...e.kdump, status: x } }), (_r, _e, p) => p.whenNotArmed === 'refuse'],
  ['a date of the run', (e, x) => ({ kdump: { ...e.kdump, executionDate: x } }), (_r, _e, p) => p.whenNotArmed === 'refuse'],
  ['a date of the start', (e, x) => ({ instance: { ...e.instance, launchTime: x } }), (_r, _e, p) => p.whenNotArmed === 'refuse'],
  ['a known end of the suppression', (e, x) => ({ alarm: { ...e.alarm, actionsSuppressedBy: x } }), r => r.source.kind === 'alarm'],
  ['a date of the evidence', (_e, x) => ({ at: x }), r => 'time' in r.source],
  ['since when it is impaired', (e: any, x) => ({ status: { ...e.status, instance: { status: 'impaired', details: [{ status: 'failed', impairedSince: x }] } } }),
    (r, _e, p) => p.minimumImpairedSeconds > 0 && !(r.source.kind === 'gameDay' && p.gameDays)],
];
const NONSENSE = fc.oneof(
  evenly('', 'new', '__proto__', 'RUNNING', 'Alarm', '2026-99-99T00:00:00Z'),
  fc.string({ maxLength: 10 }).filter(each => Number.isNaN(Date.parse(each))),
);

test.each(needed)('refuses in doubt: %s', (_what, doubt, matters) => {
  let interrupts = 0;
  fc.assert(fc.property(request, evidence, policy, NONSENSE, (r, e, p, nonsense) => {
    if (!matters(r, e, p) || ['running', 'ALARM', 'ok', 'impaired', 'nitro', 'x86_64', 'Success'].includes(nonsense)) return;
    if (decide(r, e, p).decision === 'interrupt') interrupts++;
    expect(decide(r, { ...e, ...doubt(e, nonsense) }, p).decision).toBe('refuse');
  }), { ...RUNS, numRuns: 1500 });
  expect(interrupts).toBeGreaterThan(5); // it was the doubt alone
});

/** For each knob: the policy with one value, and with a stricter one. */
const knobs: Record<string, fc.Arbitrary<[Partial<InterruptPolicy>, Partial<InterruptPolicy>]>> = {
  'mode: dryRun instead of armed': fc.constant([{ mode: 'armed' }, { mode: 'dryRun' }]),
  'targets: fewer instances': fc.constant([{ targets: { instanceIds: [INSTANCE, OTHER_INSTANCE] } }, { targets: { instanceIds: [OTHER_INSTANCE] } }]),
  'targets: fewer values of the tag': fc.constant([{ targets: { tag: { key: 'kdump', values: ['on', 'off'] } } }, { targets: { tag: { key: 'kdump', values: ['off'] } } }]),
  'minimumImpairedSeconds: more': ordered(3600, (less, more) => [{ minimumImpairedSeconds: less }, { minimumImpairedSeconds: more }]),
  'maximumEventAgeSeconds: less': ordered(900, (less, more) => [{ maximumEventAgeSeconds: more }, { maximumEventAgeSeconds: less }]),
  'maximumReadinessAgeSeconds: less': ordered(100_000, (less, more) => [{ maximumReadinessAgeSeconds: more }, { maximumReadinessAgeSeconds: less }]),
  'whenNotArmed: refuse instead of interrupt': fc.constant([{ whenNotArmed: 'interrupt' }, { whenNotArmed: 'refuse' }]),
  'bareMetal: refuse instead of interrupt': fc.constant([{ bareMetal: 'interrupt' }, { bareMetal: 'refuse' }]),
  'signals: fewer': fc.constant([{ signals: [HEARTBEAT] }, { signals: [] }]),
  'gameDays: none instead of some': fc.constant([{ gameDays: true }, { gameDays: false }]),
  'limit: a smaller count': ordered(5, (less, more) => [limit({ count: more + 1 }), limit({ count: less + 1 })]),
  'limit: a smaller share': ordered(40, (less, more) => [limit({ percent: more + 1 }), limit({ percent: less + 1 })]),
};

test.each(Object.keys(knobs))('refuses whatever it refused before with a stricter %s', (knob) => {
  const seen = { both: 0, narrowed: 0 };
  fc.assert(fc.property(request, evidence, policy, knobs[knob], (r, e, p, [looser, stricter]) => {
    const before = decide(r, e, { ...p, ...looser });
    const after = decide(r, e, { ...p, ...stricter });
    if (before.decision === 'refuse') expect(after.decision).toBe('refuse');
    else seen[after.decision === 'refuse' ? 'narrowed' : 'both']++;
    if (before.decision === 'interrupt' && after.decision === 'interrupt') expect(before.freeSlots).toEqual(expect.arrayContaining(after.freeSlots));
  }), { ...RUNS, numRuns: knob.startsWith('signals') ? 10_000 : 3000 });
  expect(seen.narrowed).toBeGreaterThan(0); // the knob does something
});

test('refuses with a list whose first is the headline, in the documented order, what time may cure last, and DryRun alone', () => {
  const order: RefusalReason[] = [
    'NotATarget', 'NotInAlarm', 'Muted', 'StaleEvent', 'NotRunning', 'SystemImpaired', 'Responsive', 'BareMetal',
    'UnsupportedInstanceType', 'UnsupportedArchitecture', 'KdumpNotArmed', 'CoolingDown', 'CircuitOpen', 'ImpairedTooShort', 'EvidenceMissing', 'DryRun',
  ];
  fc.assert(fc.property(request, evidence, policy, (r, e, p) => {
    const verdict = decide(r, e, p);
    if (verdict.decision === 'interrupt') return;
    const { reason, explanation, refusals } = verdict;
    expect(refusals[0]).toEqual({ reason, explanation });
    const places = refusals.map((each) => order.indexOf(each.reason));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    if (refusals.length > 1) expect(refusals.map((each) => each.reason)).not.toContain('DryRun');
  }), { ...RUNS, numRuns: 5000 });
});

test('refuses in dry run whatever is refused when armed, and everything else as DryRun', () => {
  fc.assert(fc.property(request, evidence, policy, (r, e, p) => {
    const armed = decide(r, e, { ...p, mode: 'armed' });
    const dryRun = decide(r, e, { ...p, mode: 'dryRun' });
    if (armed.decision === 'refuse') expect(dryRun).toEqual(armed);
    else expect(dryRun).toMatchObject({ decision: 'refuse', reason: 'DryRun', refusals: [{ reason: 'DryRun' }] });
  }), { ...RUNS, numRuns: 5000 });
});

test('refuses outright only what it would refuse anyway', () => {
  fc.assert(fc.property(request, evidence, policy, (r, e, p) => {
    const outright = refuseOutright(r, p, NOW);
    const verdict = decide(r, { ...e, at: NOW.toISOString() }, p);
    if (outright) expect('refusals' in verdict && verdict.refusals).toEqual(expect.arrayContaining(outright.refusals));
  }), { ...RUNS, numRuns: 5000 });
});

function ordered<T>(most: number, make: (less: number, more: number) => T): fc.Arbitrary<T> {
  return fc.tuple(fc.nat(most), fc.nat(most)).map(([a, b]) => make(Math.min(a, b), Math.max(a, b)));
}

function limit(of: InterruptPolicy['claims']['limit']): Partial<InterruptPolicy> {
  return { claims: { ...ARMED.claims, limit: of } };
}
