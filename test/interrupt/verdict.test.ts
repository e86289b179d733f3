import * as fc from 'fast-check';
import { ALARM_ARN, ARMED, ASSOCIATION, BY_TAG, DIRECT, FROM_ALARM, HUNG, INSTANCE, OTHER_INSTANCE } from './fixtures';
import type { CheckFacts, Evidence, Found } from '../../src/interrupt/facts';
import type { InterruptPolicy } from '../../src/interrupt/interrupt-policy';
import type { InterruptRequest } from '../../src/interrupt/trigger';
import { decide, RefusalReason, refuseOutright } from '../../src/interrupt/verdict';

const PIECES = ['alarm', 'instance', 'status', 'instanceType', 'kdump'] as const;
const reasons = (request: InterruptRequest, evidence: Evidence, policy: InterruptPolicy) => {
  const verdict = decide(request, evidence, policy);
  return verdict.decision === 'interrupt' ? [] : verdict.refusals.map(({ reason }) => reason);
};
const instance = (facts: object): Evidence => ({ ...HUNG, instance: { ...HUNG.instance, ...facts } });
const type = (facts: object): Evidence => ({ ...HUNG, instanceType: { ...HUNG.instanceType, ...facts } });
const checks = (instanceStatus: string, systemStatus: string): Evidence => (
  { ...HUNG, status: { instance: { status: instanceStatus, details: [] }, system: { status: systemStatus, details: [] } } }
);
const reported = (alarmState: string): InterruptRequest => (
  { ...FROM_ALARM, source: { kind: 'alarm', alarmName: 'web-unresponsive', alarmArn: ALARM_ARN, alarmState } }
);

describe('interrupts', () => {
  test('a hung instance whose kdump is armed', () => {
    expect(decide(FROM_ALARM, HUNG, ARMED)).toEqual({ decision: 'interrupt' });
  });

  test('on a direct call, which has no alarm', () => {
    const { alarm: _alarm, ...evidence } = HUNG;
    expect(decide(DIRECT, evidence, ARMED)).toEqual({ decision: 'interrupt' });
  });

  test('an instance with the tag', () => {
    expect(decide(FROM_ALARM, HUNG, BY_TAG)).toEqual({ decision: 'interrupt' });
    expect(decide(FROM_ALARM, instance({ tags: { kdump: 'yes' } }), BY_TAG)).toEqual({ decision: 'interrupt' });
  });

  test('although the detailed status of the association is absent, as SSM sometimes answers', () => {
    expect(decide(FROM_ALARM, { ...HUNG, kdump: { status: 'Success' } }, ARMED)).toEqual({ decision: 'interrupt' });
  });
});

describe('each rule alone', () => {
  test.each<[RefusalReason, string, InterruptRequest, Evidence, InterruptPolicy]>([
    ['NotATarget', 'another instance', FROM_ALARM, HUNG, { ...ARMED, targets: { instanceIds: [OTHER_INSTANCE] } }],
    ['NotATarget', 'no tag', FROM_ALARM, instance({ tags: {} }), BY_TAG],
    ['NotATarget', 'another value of the tag', FROM_ALARM, instance({ tags: { kdump: 'off' } }), BY_TAG],
    ['NotATarget', 'another case of the tag', FROM_ALARM, instance({ tags: { Kdump: 'on' } }), BY_TAG],
    ['NotATarget', 'a tag key that every object inherits', FROM_ALARM, HUNG, { ...ARMED, targets: { tag: { key: 'constructor', values: [''] } } }],
    ['NotInAlarm', 'recovered', FROM_ALARM, { ...HUNG, alarm: { state: 'OK' } }, ARMED],
    ['NotInAlarm', 'without data', FROM_ALARM, { ...HUNG, alarm: { state: 'INSUFFICIENT_DATA' } }, ARMED],
    ['NotInAlarm', 'reported OK', reported('OK'), HUNG, ARMED],
    ['NotInAlarm', 'reported something new', reported('alarm'), HUNG, ARMED],
    ['NotRunning', 'stopped', FROM_ALARM, instance({ state: 'stopped' }), ARMED],
    ['NotRunning', 'pending', FROM_ALARM, instance({ state: 'pending' }), ARMED],
    ['NotRunning', 'shutting down', FROM_ALARM, instance({ state: 'shutting-down' }), ARMED],
    ['NotRunning', 'a new state', FROM_ALARM, instance({ state: 'hibernating' }), ARMED],
    ['SystemImpaired', 'system impaired', FROM_ALARM, checks('impaired', 'impaired'), ARMED],
    ['Responsive', 'instance ok', FROM_ALARM, checks('ok', 'ok'), ARMED],
    ['BareMetal', 'metal has no hypervisor', FROM_ALARM, type({ bareMetal: true, hypervisor: undefined }), ARMED],
    ['BareMetal', 'metal with one', FROM_ALARM, type({ bareMetal: true }), ARMED],
    ['UnsupportedInstanceType', 'xen', FROM_ALARM, type({ hypervisor: 'xen' }), ARMED],
    ['UnsupportedInstanceType', 'a new hypervisor', FROM_ALARM, type({ hypervisor: 'helium' }), ARMED],
    ['UnsupportedArchitecture', 'arm64', FROM_ALARM, instance({ architecture: 'arm64' }), ARMED],
    ['UnsupportedArchitecture', 'i386', FROM_ALARM, instance({ architecture: 'i386' }), ARMED],
    ['UnsupportedArchitecture', 'mac', FROM_ALARM, instance({ architecture: 'x86_64_mac' }), ARMED],
    ['UnsupportedArchitecture', 'Graviton type', FROM_ALARM, type({ architectures: ['arm64'] }), ARMED],
    ['UnsupportedArchitecture', 'no architecture', FROM_ALARM, type({ architectures: [] }), ARMED],
    ['KdumpNotArmed', 'failed', FROM_ALARM, { ...HUNG, kdump: { status: 'Failed' } }, ARMED],
    ['KdumpNotArmed', 'pending', FROM_ALARM, { ...HUNG, kdump: { status: 'Pending' } }, ARMED],
    ['KdumpNotArmed', 'skipped', FROM_ALARM, { ...HUNG, kdump: { status: 'Skipped' } }, ARMED],
    ['KdumpNotArmed', 'not exactly Success', FROM_ALARM, { ...HUNG, kdump: { status: 'success' } }, ARMED],
    ['KdumpNotArmed', 'never ran', FROM_ALARM, { ...HUNG, kdump: {} }, ARMED],
    ['EvidenceMissing', 'instance initializing', FROM_ALARM, checks('initializing', 'ok'), ARMED],
    ['EvidenceMissing', 'instance without data', FROM_ALARM, checks('insufficient-data', 'ok'), ARMED],
    ['EvidenceMissing', 'instance not applicable', FROM_ALARM, checks('not-applicable', 'ok'), ARMED],
    ['EvidenceMissing', 'instance status new', FROM_ALARM, checks('dazed', 'ok'), ARMED],
    ['EvidenceMissing', 'system initializing', FROM_ALARM, checks('impaired', 'initializing'), ARMED],
    ['EvidenceMissing', 'system without data', FROM_ALARM, checks('impaired', 'insufficient-data'), ARMED],
    ['EvidenceMissing', 'hypervisor unknown', FROM_ALARM, type({ hypervisor: undefined }), ARMED],
    ['DryRun', 'dry run', FROM_ALARM, HUNG, { ...ARMED, mode: 'dryRun' }],
    ['DryRun', 'a mode that is not armed', FROM_ALARM, HUNG, { ...ARMED, mode: 'later' as 'armed' }],
  ])('refuses %s: %s', (reason, _what, request, evidence, policy) => {
    expect(decide(request, evidence, policy)).toEqual({
      decision: 'refuse', reason, explanation: expect.stringMatching(/.{10}/), refusals: [{ reason, explanation: expect.any(String) }],
    });
  });

  test('refuses KdumpNotArmed with the association and what it says', () => {
    expect(decide(FROM_ALARM, { ...HUNG, kdump: { status: 'TimedOut' } }, ARMED)).toMatchObject({
      explanation: `The association ${ASSOCIATION} has the status TimedOut on the instance`,
    });
  });

  test('refuses DryRun with the words that it would have been sent', () => {
    expect(decide(FROM_ALARM, HUNG, { ...ARMED, mode: 'dryRun' })).toMatchObject({ explanation: expect.stringContaining('would have been sent') });
  });
});

describe('missing evidence', () => {
  test.each(PIECES)('refuses without %s, and says what was missing', (piece) => {
    const verdict = decide(FROM_ALARM, { ...HUNG, [piece]: { missing: 'ThrottlingException' } }, ARMED);
    expect(verdict).toMatchObject({ decision: 'refuse', reason: 'EvidenceMissing', explanation: expect.stringContaining('ThrottlingException') });
  });

  test('refuses when the alarm was not read at all', () => {
    expect(reasons(FROM_ALARM, { ...HUNG, alarm: undefined }, ARMED)).toEqual(['EvidenceMissing']);
  });

  test('refuses when the tag cannot be read', () => {
    expect(reasons(FROM_ALARM, { ...HUNG, instance: { missing: 'gone' } }, BY_TAG)).toContain('EvidenceMissing');
  });

  test('refuses with a certainty as the headline and the doubts after it', () => {
    expect(reasons(FROM_ALARM, { ...HUNG, alarm: { missing: 'gone' }, kdump: {} }, ARMED)).toEqual(['KdumpNotArmed', 'EvidenceMissing']);
  });
});

describe('together', () => {
  const everythingWrong: Evidence = {
    alarm: { state: 'OK' },
    instance: { state: 'stopped', instanceType: 't4g.nano', architecture: 'arm64', tags: {} },
    status: { instance: { status: 'ok', details: [] }, system: { status: 'impaired', details: [] } },
    instanceType: { hypervisor: 'xen', bareMetal: false, architectures: ['arm64'] },
    kdump: { status: 'Failed' },
  };

  test('refuses with every reason, in the documented order', () => {
    expect(reasons(FROM_ALARM, everythingWrong, { ...BY_TAG, mode: 'dryRun' })).toEqual([
      'NotATarget', 'NotInAlarm', 'NotRunning', 'SystemImpaired', 'Responsive', 'UnsupportedInstanceType', 'UnsupportedArchitecture', 'KdumpNotArmed',
    ]);
    expect(reasons(FROM_ALARM, type({ bareMetal: true, hypervisor: undefined, architectures: ['arm64'] }), ARMED))
      .toEqual(['BareMetal', 'UnsupportedArchitecture']);
  });

  test('refuses as DryRun only what it would have sent', () => {
    expect(reasons(FROM_ALARM, checks('ok', 'ok'), { ...ARMED, mode: 'dryRun' })).toEqual(['Responsive']);
  });
});

describe('refuseOutright', () => {
  test.each<[string, RefusalReason[], InterruptRequest, InterruptPolicy]>([
    ['an instance that is no target', ['NotATarget'], DIRECT, { ...ARMED, targets: { instanceIds: [OTHER_INSTANCE] } }],
    ['an alarm that reports another state', ['NotInAlarm'], reported('OK'), ARMED],
    ['both', ['NotATarget', 'NotInAlarm'], reported('OK'), { ...ARMED, targets: { instanceIds: [OTHER_INSTANCE] } }],
  ])('refuses %s', (_what, expected, request, policy) => {
    expect(refuseOutright(request, policy)?.refusals.map(({ reason }) => reason)).toEqual(expected);
  });

  test.each([[FROM_ALARM, ARMED], [DIRECT, ARMED], [FROM_ALARM, BY_TAG]])('leaves the rest to the evidence', (request, policy) => {
    expect(refuseOutright(request, policy)).toBeUndefined();
  });
});

describe('properties', () => {
  // Mostly right, or an interrupt would hardly ever be drawn.
  const either = <T>(mostly: fc.Arbitrary<T>, weight: number, seldom: fc.Arbitrary<T>): fc.Arbitrary<T> => (
    fc.oneof({ weight, arbitrary: mostly }, { weight: 1, arbitrary: seldom })
  );
  const some = <T>(right: T, ...wrong: T[]) => either<T>(fc.constant(right), 6, fc.constantFrom(right, ...wrong));
  const found = <T>(facts: fc.Arbitrary<T>) => either<Found<T>>(facts, 12, fc.constant({ missing: 'throttled' }));
  const summary = (right: string) => fc.record({
    status: some(right, 'ok', 'impaired', 'initializing', 'insufficient-data', 'not-applicable', 'new', ''), details: fc.constant<CheckFacts['details']>([]),
  });
  const request: fc.Arbitrary<InterruptRequest> = fc.record({
    instanceId: some(INSTANCE, OTHER_INSTANCE),
    source: fc.oneof(some('ALARM', 'OK', 'INSUFFICIENT_DATA', 'x').map((state) => reported(state).source), fc.constant(DIRECT.source)),
  });
  const evidence: fc.Arbitrary<Evidence> = fc.record({
    alarm: fc.option(found(fc.record({ state: some('ALARM', 'OK', 'INSUFFICIENT_DATA', '') })), { nil: undefined, freq: 12 }),
    instance: found(fc.record({
      state: some('running', 'pending', 'stopped', 'stopping', 'terminated', ''),
      instanceType: fc.constant('m7i.large'),
      architecture: some('x86_64', 'arm64', 'i386', ''),
      tags: some<Record<string, string>>({ kdump: 'on' }, {}, { kdump: 'off' }),
    })),
    status: found(fc.record({ instance: summary('impaired'), system: summary('ok') })),
    instanceType: found(fc.record({
      hypervisor: some<string | undefined>('nitro', 'xen', undefined, ''),
      bareMetal: some<boolean>(false, true, undefined as unknown as boolean),
      architectures: some(['x86_64'], ['i386', 'x86_64'], ['arm64'], []),
    })),
    kdump: found(fc.record({ status: some<string | undefined>('Success', 'Failed', 'Pending', undefined) })),
  });
  const policy: fc.Arbitrary<InterruptPolicy> = fc.record({
    mode: some<'armed' | 'dryRun'>('armed', 'dryRun'),
    targets: fc.constantFrom(ARMED.targets, BY_TAG.targets),
    associationId: fc.constant(ASSOCIATION),
  });
  const runs = { numRuns: 5000 };

  /** The safety rules once more, as one conjunction and in other words. */
  const allHolds = (r: InterruptRequest, e: any, p: any) => [
    p.mode === 'armed',
    p.targets.instanceIds ? p.targets.instanceIds.includes(r.instanceId) : p.targets.tag.values.includes(e.instance.tags?.[p.targets.tag.key]),
    r.source.kind === 'direct' || (r.source.alarmState === 'ALARM' && e.alarm?.state === 'ALARM'),
    e.instance.state === 'running',
    e.instance.architecture === 'x86_64',
    e.status.system?.status === 'ok',
    e.status.instance?.status === 'impaired',
    e.instanceType.hypervisor === 'nitro',
    e.instanceType.bareMetal === false,
    e.instanceType.architectures?.includes('x86_64'),
    e.kdump.status === 'Success',
  ].every((condition) => condition === true);

  test('interrupts if and only if every single condition holds', () => {
    const seen = { interrupt: 0, refuse: 0 };
    fc.assert(fc.property(request, evidence, policy, (r, e, p) => {
      const { decision } = decide(r, e, p);
      seen[decision]++;
      expect(decision === 'interrupt').toBe(allHolds(r, e, p));
    }), runs);
    // Both were tried, so that the property is not empty.
    expect(seen.interrupt).toBeGreaterThan(20);
    expect(seen.refuse).toBeGreaterThan(20);
  });

  test('refuses whatever it refused before when a piece of evidence is taken away', () => {
    fc.assert(fc.property(request, evidence, policy, fc.constantFrom(...PIECES), (r, e, p, piece) => {
      const without = { ...e, [piece]: { missing: 'taken away' } };
      if (decide(r, e, p).decision === 'refuse') expect(decide(r, without, p).decision).toBe('refuse');
      if (piece !== 'alarm' || r.source.kind === 'alarm') expect(decide(r, without, p).decision).toBe('refuse');
    }), runs);
  });

  test('refuses with a non-empty list whose first is the headline, doubts last, and DryRun alone', () => {
    const order: RefusalReason[] = [
      'NotATarget', 'NotInAlarm', 'NotRunning', 'SystemImpaired', 'Responsive', 'BareMetal', 'UnsupportedInstanceType', 'UnsupportedArchitecture',
      'KdumpNotArmed', 'EvidenceMissing', 'DryRun',
    ];
    fc.assert(fc.property(request, evidence, policy, (r, e, p) => {
      const verdict = decide(r, e, p);
      if (verdict.decision === 'interrupt') return;
      const { reason, explanation, refusals } = verdict;
      expect(refusals[0]).toEqual({ reason, explanation });
      const places = refusals.map((each) => order.indexOf(each.reason));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      if (refusals.length > 1) expect(refusals.map((each) => each.reason)).not.toContain('DryRun');
    }), runs);
  });

  test('refuses in dry run whatever is refused when armed, and everything else as DryRun', () => {
    fc.assert(fc.property(request, evidence, policy, (r, e, p) => {
      const armed = decide(r, e, { ...p, mode: 'armed' });
      const dryRun = decide(r, e, { ...p, mode: 'dryRun' });
      if (armed.decision === 'refuse') expect(dryRun).toEqual(armed);
      else expect(dryRun).toMatchObject({ decision: 'refuse', reason: 'DryRun' });
    }), runs);
  });

  test('refuses outright only what it would refuse anyway', () => {
    fc.assert(fc.property(request, evidence, policy, (r, e, p) => {
      const outright = refuseOutright(r, p);
      if (outright) expect(reasons(r, e, p)).toEqual(expect.arrayContaining(outright.refusals.map(({ reason }) => reason)));
    }), runs);
  });
});
