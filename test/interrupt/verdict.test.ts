import { reasons, instance, type, alarm, kdump, ranAgo, checks, volumes, impaired, taken, event, policy, limit } from './but-for';
import {
  ago, ARMED, ASSOCIATION, BY_SHARE, BY_TAG, DIRECT, FROM_ALARM, FROM_COMPOSITE, FROM_WATCH, GAME_DAY, HEARTBEAT, HUNG, INSTANCE, MUTE_ARN, NOW,
  OTHER_INSTANCE,
} from './fixtures';
import type { Evidence } from '../../src/interrupt/facts';
import type { InterruptPolicy } from '../../src/interrupt/interrupt-policy';
import type { RefusalReason } from '../../src/interrupt/refusal';
import type { InterruptRequest } from '../../src/interrupt/trigger';
import { decide, refuseOutright } from '../../src/interrupt/verdict';

const PIECES = ['alarm', 'mute', 'instance', 'status', 'instanceType', 'kdump', 'claims'] as const;

type Case = [what: string, request: InterruptRequest, evidence: Evidence, policy: InterruptPolicy];

describe('interrupts', () => {
  test.each<Case>([
    ['a hung instance whose kdump is armed', FROM_ALARM, HUNG, ARMED],
    ['on a direct call, which has no alarm', DIRECT, { ...HUNG, alarm: undefined, mute: undefined }, ARMED],
    ['an instance with the tag', FROM_ALARM, HUNG, BY_TAG],
    ['an instance with another value of the tag', FROM_ALARM, instance({ tags: { kdump: 'yes' } }), BY_TAG],
    ['an instance whose tag is empty, if that is wanted', FROM_ALARM, instance({ tags: { kdump: '' } }), policy({ targets: { tag: { key: 'kdump', values: [''] } } })],
    ['although the detailed status of the association is absent', FROM_ALARM, kdump({ detailedStatus: undefined }), ARMED],
    ['an event of the oldest age that counts', event({ time: ago(600) }), HUNG, ARMED],
    ['an event of a clock that is five minutes fast', event({ time: ago(-300) }), HUNG, ARMED],
    ['a machine that has been impaired for just long enough', FROM_ALARM, impaired(ago(60)), ARMED],
    ['a machine that was impaired this moment, if no time is asked for', FROM_ALARM, impaired(ago(0)), policy({ minimumImpairedSeconds: 0 })],
    ['a machine of which it is not said since when, if no time is asked for', FROM_ALARM, impaired(undefined), policy({ minimumImpairedSeconds: 0 })],
    ['a machine whose second check is the one with a date', FROM_ALARM, impaired(undefined, ago(60)), ARMED],
    ['a run of the association of the oldest age that counts', FROM_ALARM, ranAgo(3 * 86_400), ARMED],
    ['a run of the association by a clock that is five minutes fast', FROM_ALARM, ranAgo(-300), ARMED],
    ['a run of the association at the very moment of the start', FROM_ALARM, instance({ launchTime: HUNG.kdump.executionDate }), ARMED],
    ['Windows, if what is not armed is wanted', FROM_ALARM, instance({ platform: 'windows' }), policy({ whenNotArmed: 'interrupt' })],
    ['a run of the association before the start, if that is wanted', FROM_ALARM, instance({ launchTime: ago(0) }), policy({ whenNotArmed: 'interrupt' })],
    ['volumes that can be reached', FROM_ALARM, volumes('ok'), ARMED],
    ['volumes that are not looked at', FROM_ALARM, volumes('not-applicable'), ARMED],
    ['on a direct call, whatever may be with an alarm', DIRECT, alarm({ actionsEnabled: false }), ARMED],
    ['kdump that failed, if that is wanted', FROM_ALARM, kdump({ status: 'Failed' }), policy({ whenNotArmed: 'interrupt' })],
    ['kdump that never ran, if that is wanted', FROM_ALARM, { ...HUNG, kdump: {} }, policy({ whenNotArmed: 'interrupt' })],
    ['kdump of which nothing is known, if that is wanted', FROM_ALARM, { ...HUNG, kdump: { missing: 'x' } }, policy({ whenNotArmed: 'interrupt' })],
    ['bare metal, if that is wanted', FROM_ALARM, type({ bareMetal: true, hypervisor: undefined }), policy({ bareMetal: 'interrupt' })],
    ['a composite alarm below which one alarm watches the instance', FROM_COMPOSITE, alarm({ watches: [{ namespace: 'A', metricName: 'b' }, { ...HEARTBEAT, instanceId: INSTANCE }] }), ARMED],
    ['an instance that a fleet watch tells of', FROM_WATCH, { ...HUNG, alarm: undefined, mute: undefined }, ARMED],
    ['the last of the allowed ones', FROM_ALARM, taken(0, 1), ARMED],
    ['a share of a fleet', FROM_ALARM, { ...taken(0, 1), fleet: { size: 39 } }, BY_SHARE],
    ['one at least of a small fleet', FROM_ALARM, { ...HUNG, fleet: { size: 1 } }, BY_SHARE],
  ])('%s', (_what, request, evidence, rules) => {
    expect(decide(request, evidence, rules)).toMatchObject({ decision: 'interrupt' });
  });

  test.each<[number[], InterruptPolicy, number[]]>([
    [[], ARMED, [0, 1, 2]],
    [[1], ARMED, [0, 2]],
    [[50], ARMED, [0, 1]],
    [[0], BY_SHARE, [1, 2]],
  ])('and gives the free slots: with %j taken', (slots, rules, freeSlots) => {
    expect(decide(FROM_ALARM, { ...taken(...slots), fleet: { size: 30 } }, rules)).toEqual({ decision: 'interrupt', freeSlots });
  });
});

describe('each rule alone', () => {
  test.each<[RefusalReason, ...Case]>([
    ['NotATarget', 'another instance', FROM_ALARM, HUNG, policy({ targets: { instanceIds: [OTHER_INSTANCE] } })],
    ['NotATarget', 'no tag', FROM_ALARM, instance({ tags: {} }), BY_TAG],
    ['NotATarget', 'another value of the tag', FROM_ALARM, instance({ tags: { kdump: 'off' } }), BY_TAG],
    ['NotATarget', 'another case of the tag', FROM_ALARM, instance({ tags: { Kdump: 'on' } }), BY_TAG],
    ['NotATarget', 'a tag key that every object inherits', FROM_ALARM, HUNG, policy({ targets: { tag: { key: 'constructor', values: [''] } } })],
    ['NotInAlarm', 'recovered', FROM_ALARM, alarm({ state: 'OK' }), ARMED],
    ['NotInAlarm', 'without data', FROM_ALARM, alarm({ state: 'INSUFFICIENT_DATA' }), ARMED],
    ['NotInAlarm', 'a new state', FROM_ALARM, alarm({ state: 'MAYBE' }), ARMED],
    ['NotInAlarm', 'reported OK', event({ alarmState: 'OK' }), HUNG, ARMED],
    ['NotInAlarm', 'reported something new', event({ alarmState: 'alarm' }), HUNG, ARMED],
    ['NotInAlarm', 'watches another instance', FROM_ALARM, alarm({ watches: [{ ...HEARTBEAT, instanceId: OTHER_INSTANCE }] }), ARMED],
    ['NotInAlarm', 'watches nothing', FROM_ALARM, alarm({ watches: [] }), ARMED],
    ['NotInAlarm', 'watches no instance', FROM_ALARM, alarm({ watches: [HEARTBEAT] }), ARMED],
    ['NotInAlarm', 'no alarm below it that is in ALARM watches the instance', FROM_COMPOSITE, alarm({ watches: [] }), ARMED],
    ['NotInAlarm', 'recovered composite', FROM_COMPOSITE, alarm({ state: 'OK' }), ARMED],
    ['Muted', 'by its event', event({ mutedBy: MUTE_ARN }), HUNG, ARMED],
    ['Muted', 'by an event that does not say by what', event({ mutedBy: '' }), HUNG, ARMED],
    ['Muted', 'by now', FROM_ALARM, { ...HUNG, mute: { activeRules: [MUTE_ARN] } }, ARMED],
    ['Muted', 'its actions are disabled', FROM_ALARM, alarm({ actionsEnabled: false }), ARMED],
    ['Muted', 'its actions are suppressed', FROM_COMPOSITE, alarm({ actionsSuppressedBy: 'Alarm' }), ARMED],
    ['StaleEvent', 'too old by a second', event({ time: ago(601) }), HUNG, ARMED],
    ['StaleEvent', 'too old by a millisecond', event({ time: ago(600.001) }), HUNG, ARMED],
    ['StaleEvent', 'too far ahead', event({ time: ago(-300.001) }), HUNG, ARMED],
    ['StaleEvent', 'of a year that is far', event({ time: '2036-01-01T00:00:00Z' }), HUNG, ARMED],
    ['StaleEvent', 'of no date', event({ time: 'yesterday' }), HUNG, ARMED],
    ['StaleEvent', 'of a fleet watch', { ...FROM_WATCH, source: { ...FROM_WATCH.source, time: ago(601) } }, HUNG, ARMED],
    ['StaleEvent', 'without a date', event({ time: '' }), HUNG, ARMED],
    ['NotRunning', 'stopped', FROM_ALARM, instance({ state: 'stopped' }), ARMED],
    ['NotRunning', 'pending', FROM_ALARM, instance({ state: 'pending' }), ARMED],
    ['NotRunning', 'shutting down', FROM_ALARM, instance({ state: 'shutting-down' }), ARMED],
    ['NotRunning', 'a new state', FROM_ALARM, instance({ state: 'hibernating' }), ARMED],
    ['SystemImpaired', 'system impaired', FROM_ALARM, checks('impaired', 'impaired'), ARMED],
    ['SystemImpaired', 'a volume cannot be reached', FROM_ALARM, volumes('impaired'), ARMED],
    ['SystemImpaired', 'a volume cannot be reached, while the system check has no data', FROM_ALARM, {
      ...HUNG, status: { ...HUNG.status, system: { status: 'insufficient-data', details: [] }, attachedEbs: { status: 'impaired', details: [] } },
    }, ARMED],
    ['Responsive', 'instance ok', FROM_ALARM, checks('ok', 'ok'), ARMED],
    ['Responsive', 'instance ok, fleet watch', FROM_WATCH, checks('ok', 'ok'), ARMED],
    ['Responsive', 'instance ok, direct call', DIRECT, checks('ok', 'ok'), ARMED],
    ['ImpairedTooShort', 'by a second', FROM_ALARM, impaired(ago(59)), ARMED],
    ['ImpairedTooShort', 'by a millisecond', FROM_ALARM, impaired(ago(59.999)), ARMED],
    ['ImpairedTooShort', 'since a time to come', FROM_ALARM, impaired(ago(-3600)), ARMED],
    ['ImpairedTooShort', 'since no date', FROM_ALARM, impaired('yesterday'), ARMED],
    ['ImpairedTooShort', 'direct call', DIRECT, impaired(ago(1)), ARMED],
    ['BareMetal', 'metal has no hypervisor', FROM_ALARM, type({ bareMetal: true, hypervisor: undefined }), ARMED],
    ['BareMetal', 'metal with one', FROM_ALARM, type({ bareMetal: true }), ARMED],
    ['BareMetal', 'it is not said', FROM_ALARM, type({ bareMetal: undefined }), ARMED],
    ['UnsupportedInstanceType', 'xen', FROM_ALARM, type({ hypervisor: 'xen' }), ARMED],
    ['UnsupportedInstanceType', 'a new hypervisor', FROM_ALARM, type({ hypervisor: 'helium' }), ARMED],
    ['UnsupportedInstanceType', 'xen, where bare metal is wanted', FROM_ALARM, type({ hypervisor: 'xen' }), policy({ bareMetal: 'interrupt' })],
    ['UnsupportedArchitecture', 'arm64', FROM_ALARM, instance({ architecture: 'arm64' }), ARMED],
    ['UnsupportedArchitecture', 'i386', FROM_ALARM, instance({ architecture: 'i386' }), ARMED],
    ['UnsupportedArchitecture', 'mac', FROM_ALARM, instance({ architecture: 'x86_64_mac' }), ARMED],
    ['UnsupportedArchitecture', 'Graviton type', FROM_ALARM, type({ architectures: ['arm64'] }), ARMED],
    ['UnsupportedArchitecture', 'no architecture', FROM_ALARM, type({ architectures: [] }), ARMED],
    ['KdumpNotArmed', 'failed', FROM_ALARM, kdump({ status: 'Failed' }), ARMED],
    ['KdumpNotArmed', 'pending', FROM_ALARM, kdump({ status: 'Pending' }), ARMED],
    ['KdumpNotArmed', 'skipped', FROM_ALARM, kdump({ status: 'Skipped' }), ARMED],
    ['KdumpNotArmed', 'not exactly Success', FROM_ALARM, kdump({ status: 'success' }), ARMED],
    ['KdumpNotArmed', 'never ran', FROM_ALARM, { ...HUNG, kdump: {} }, ARMED],
    ['KdumpNotArmed', 'skipped by Windows, as a success', FROM_ALARM, instance({ platform: 'windows' }), ARMED],
    ['KdumpNotArmed', 'too old by a second', FROM_ALARM, ranAgo(3 * 86_400 + 1), ARMED],
    ['KdumpNotArmed', 'too old by a millisecond', FROM_ALARM, ranAgo(3 * 86_400 + 0.001), ARMED],
    ['KdumpNotArmed', 'before the epoch', FROM_ALARM, kdump({ executionDate: '1969-12-31T23:59:59Z' }), ARMED],
    ['KdumpNotArmed', 'ran a second before the start', FROM_ALARM, instance({ launchTime: '2026-01-01T00:00:01.000Z' }), ARMED],
    ['KdumpNotArmed', 'started at no date', FROM_ALARM, instance({ launchTime: 'yesterday' }), ARMED],
    ['CoolingDown', 'interrupted before', FROM_ALARM, { ...HUNG, claims: { takenSlots: [], cooldownUntil: ago(-1) } }, ARMED],
    ['CoolingDown', 'until no date', FROM_ALARM, { ...HUNG, claims: { takenSlots: [], cooldownUntil: 'soon' } }, ARMED],
    ['CircuitOpen', 'all slots taken', FROM_ALARM, taken(0, 1, 2), ARMED],
    ['CircuitOpen', 'as many taken as there are, of a time when there were more', FROM_ALARM, taken(5, 6, 7), ARMED],
    ['CircuitOpen', 'a single one', FROM_ALARM, taken(0), limit({ count: 1 })],
    ['CircuitOpen', 'a share', FROM_ALARM, { ...taken(0, 1), fleet: { size: 29 } }, BY_SHARE],
    ['CircuitOpen', 'a share of a fleet that shrank', FROM_ALARM, { ...taken(4), fleet: { size: 3 } }, BY_SHARE],
    ['EvidenceMissing', 'its actions wait for the suppressor', FROM_COMPOSITE, alarm({ actionsSuppressedBy: 'WaitPeriod' }), ARMED],
    ['EvidenceMissing', 'its actions wait after the suppressor', FROM_COMPOSITE, alarm({ actionsSuppressedBy: 'ExtensionPeriod' }), ARMED],
    ['EvidenceMissing', 'instance initializing', FROM_ALARM, checks('initializing', 'ok'), ARMED],
    ['EvidenceMissing', 'instance without data', FROM_ALARM, checks('insufficient-data', 'ok'), ARMED],
    ['EvidenceMissing', 'instance not applicable', FROM_ALARM, checks('not-applicable', 'ok'), ARMED],
    ['EvidenceMissing', 'instance status new', FROM_ALARM, checks('dazed', 'ok'), ARMED],
    ['EvidenceMissing', 'system initializing', FROM_ALARM, checks('impaired', 'initializing'), ARMED],
    ['EvidenceMissing', 'system without data', FROM_ALARM, checks('impaired', 'insufficient-data'), ARMED],
    ['EvidenceMissing', 'no details of the check', FROM_ALARM, checks('impaired', 'ok', []), ARMED],
    ['EvidenceMissing', 'the date stands at a check that passed', FROM_ALARM, checks('impaired', 'ok', [{ status: 'passed', impairedSince: ago(60) }]), ARMED],
    ['EvidenceMissing', 'hypervisor unknown', FROM_ALARM, type({ hypervisor: undefined }), ARMED],
    ['EvidenceMissing', 'no date of the run', FROM_ALARM, kdump({ executionDate: undefined }), ARMED],
    ['EvidenceMissing', 'a run of no date', FROM_ALARM, kdump({ executionDate: 'yesterday' }), ARMED],
    ['EvidenceMissing', 'a run to come', FROM_ALARM, ranAgo(-300.001), ARMED],
    ['EvidenceMissing', 'a share of nobody knows what', FROM_ALARM, HUNG, BY_SHARE],
    ['EvidenceMissing', 'a share of what could not be read', FROM_ALARM, { ...HUNG, fleet: { missing: 'throttled' } }, BY_SHARE],
    ['EvidenceMissing', 'a share of what is no number', FROM_ALARM, { ...HUNG, fleet: { size: NaN } }, BY_SHARE],
    ['DryRun', 'dry run', FROM_ALARM, HUNG, policy({ mode: 'dryRun' })],
    ['DryRun', 'a mode that is not armed', FROM_ALARM, HUNG, policy({ mode: 'later' as 'armed' })],
  ])('refuses %s: %s', (reason, _what, request, evidence, rules) => {
    expect(decide(request, evidence, rules)).toEqual({
      decision: 'refuse', reason, explanation: expect.stringMatching(/.{10}/), refusals: [{ reason, explanation: expect.any(String) }],
    });
  });

  test('refuses KdumpNotArmed with the association and what it says', () => {
    expect(decide(FROM_ALARM, kdump({ status: 'TimedOut' }), ARMED)).toMatchObject({
      explanation: `The association ${ASSOCIATION} has the status TimedOut on the instance`,
    });
  });

  test('refuses DryRun with the words that it would have been sent', () => {
    expect(decide(FROM_ALARM, HUNG, policy({ mode: 'dryRun' }))).toMatchObject({ explanation: expect.stringContaining('would have been sent') });
  });
});

describe('missing evidence', () => {
  test.each(PIECES)('refuses without %s, and says what was missing', (piece) => {
    const verdict = decide(FROM_ALARM, { ...HUNG, [piece]: { missing: 'ThrottlingException' } }, ARMED);
    expect(verdict).toMatchObject({ decision: 'refuse', reason: 'EvidenceMissing', explanation: expect.stringContaining('ThrottlingException') });
  });

  test.each(['alarm', 'mute'] as const)('refuses when %s was not read at all', (piece) => {
    expect(reasons(FROM_ALARM, { ...HUNG, [piece]: undefined }, ARMED)).toEqual(['EvidenceMissing']);
  });

  test('refuses when the tag cannot be read', () => {
    expect(reasons(FROM_ALARM, { ...HUNG, instance: { missing: 'gone' } }, BY_TAG)).toContain('EvidenceMissing');
  });

  test('refuses with a certainty as the headline and the doubts after it', () => {
    expect(reasons(FROM_ALARM, { ...HUNG, alarm: { missing: 'gone' }, kdump: {} }, ARMED)).toEqual(['KdumpNotArmed', 'EvidenceMissing']);
  });

  test.each(['', 'now'])('refuses when it is not known when the evidence is of: %j', (at) => {
    expect(reasons(FROM_ALARM, { ...HUNG, at }, ARMED)).toEqual(['StaleEvent', 'ImpairedTooShort', 'EvidenceMissing']);
  });
});

describe('together', () => {
  const everythingWrong: Evidence = {
    ...HUNG,
    alarm: { state: 'OK', actionsEnabled: false, watches: [] },
    mute: { activeRules: [MUTE_ARN] },
    instance: { state: 'stopped', instanceType: 't4g.nano', architecture: 'arm64', launchTime: ago(0), tags: {} },
    status: { instance: { status: 'ok', details: [] }, system: { status: 'impaired', details: [] } },
    instanceType: { hypervisor: 'xen', bareMetal: false, architectures: ['arm64'] },
    kdump: { status: 'Failed' },
    claims: { takenSlots: [0, 1, 2], cooldownUntil: ago(-1) },
  };

  test('refuses with every reason, in the documented order', () => {
    expect(reasons(event({ time: ago(3600) }), everythingWrong, { ...BY_TAG, mode: 'dryRun' })).toEqual([
      'NotATarget', 'NotInAlarm', 'Muted', 'StaleEvent', 'NotRunning', 'SystemImpaired', 'Responsive', 'UnsupportedInstanceType', 'UnsupportedArchitecture',
      'KdumpNotArmed', 'CoolingDown', 'CircuitOpen',
    ]);
    expect(reasons(FROM_ALARM, { ...type({ bareMetal: true, hypervisor: undefined, architectures: ['arm64'] }), status: (impaired(ago(1)) as typeof HUNG).status }, ARMED))
      .toEqual(['BareMetal', 'UnsupportedArchitecture', 'ImpairedTooShort']);
  });

  test('refuses as DryRun only what it would have sent', () => {
    expect(reasons(FROM_ALARM, checks('ok', 'ok'), policy({ mode: 'dryRun' }))).toEqual(['Responsive']);
    expect(reasons(FROM_ALARM, { ...HUNG, kdump: { missing: 'x' } }, policy({ mode: 'dryRun' }))).toEqual(['EvidenceMissing']);
  });
});

describe('refuseOutright', () => {
  const elsewhere = policy({ targets: { instanceIds: [OTHER_INSTANCE] } });
  test.each<[string, RefusalReason[], InterruptRequest, InterruptPolicy]>([
    ['an instance that is no target', ['NotATarget'], DIRECT, elsewhere],
    ['a game day of an instance that is no target', ['NotATarget'], GAME_DAY, { ...elsewhere, gameDays: true }],
    ['an alarm that reports another state', ['NotInAlarm'], event({ alarmState: 'OK' }), ARMED],
    ['an alarm that reports that it is muted', ['Muted'], event({ mutedBy: MUTE_ARN }), ARMED],
    ['an event that is too old', ['StaleEvent'], event({ time: ago(601) }), ARMED],
    ['an event of no date', ['StaleEvent'], event({ time: 'x' }), ARMED],
    ['all of it', ['NotATarget', 'NotInAlarm', 'Muted', 'StaleEvent'], event({ alarmState: 'OK', mutedBy: MUTE_ARN, time: ago(601) }), elsewhere],
  ])('refuses %s', (_what, expected, request, rules) => {
    expect(refuseOutright(request, rules, NOW)?.refusals.map(({ reason }) => reason)).toEqual(expected);
  });

  test.each([[FROM_ALARM, ARMED], [FROM_COMPOSITE, ARMED], [FROM_WATCH, ARMED], [DIRECT, ARMED], [GAME_DAY, ARMED], [FROM_ALARM, BY_TAG]])(
    'leaves the rest to the evidence', (request, rules) => {
      expect(refuseOutright(request, rules, NOW)).toBeUndefined();
    });
});
