import * as fc from 'fast-check';
import { ago, ALARM, ARMED, BY_TAG, DIRECT, FROM_COMPOSITE, GAME_DAY, HEARTBEAT, INSTANCE, MUTE_ARN, NOW, OTHER_INSTANCE, WATCH } from './fixtures';
import type { Evidence, Found } from '../../src/interrupt/facts';
import type { InterruptPolicy } from '../../src/interrupt/interrupt-policy';
import type { InterruptRequest } from '../../src/interrupt/trigger';

// Mostly right, or an interrupt would hardly ever be drawn.
const either = <T>(mostly: fc.Arbitrary<T>, weight: number, seldom: fc.Arbitrary<T>): fc.Arbitrary<T> => (
  fc.oneof({ weight, arbitrary: mostly }, { weight: 1, arbitrary: seldom })
);
const some = <T>(right: T, ...wrong: T[]) => either<T>(fc.constant(right), 12, fc.constantFrom(right, ...wrong));
export const evenly = <T>(...values: T[]) => fc.constantFrom(...values);
const found = <T>(facts: fc.Arbitrary<T>) => either<Found<T>>(facts, 25, fc.constant({ missing: 'throttled' }));
/** Whatever Date.parse makes nothing or something odd of, and boundaries. */
const date = (...right: number[]) => either<string>(evenly(...right).map(ago), 12, fc.oneof(
  evenly('', 'yesterday', '2026-13-01T00:00:00Z', 'NaN', '+275760-09-13T00:00:00.001Z', ago(-301), ago(-3600), ago(61), ago(601), ago(90_000)),
  fc.string({ maxLength: 12 }),
));
const word = (...right: string[]) => either<string>(evenly(...right), 15, fc.oneof(evenly('', 'new', 'constructor'), fc.string({ maxLength: 8 })));

const source: fc.Arbitrary<InterruptRequest['source']> = fc.oneof(
  fc.record({
    basis: evenly(ALARM, FROM_COMPOSITE.source),
    alarmState: some('ALARM', 'OK', 'INSUFFICIENT_DATA', 'x'),
    time: date(0, 30, 600, -300),
    muted: some(false, true),
  }).map(({ basis, muted, ...facts }) => ({ ...basis, ...facts, ...muted && { mutedBy: MUTE_ARN } })),
  date(0, 30, 600, -300).map(time => ({ ...WATCH, time })),
  evenly(DIRECT.source, GAME_DAY.source),
);
export const request: fc.Arbitrary<InterruptRequest> = fc.record({ instanceId: some(INSTANCE, OTHER_INSTANCE), source });

const watched = fc.array(fc.record({
  namespace: some('AWS/EC2', HEARTBEAT.namespace),
  metricName: evenly('StatusCheckFailed_Instance', HEARTBEAT.metricName),
  instanceId: some<string | undefined>(INSTANCE, OTHER_INSTANCE, undefined),
}), { minLength: 1, maxLength: 3 });
export const evidence: fc.Arbitrary<Evidence> = fc.record({
  at: some(NOW.toISOString(), 'now', ''),
  alarm: fc.option(found(fc.record({
    state: word('ALARM', 'ALARM', 'ALARM', 'OK', 'INSUFFICIENT_DATA'),
    actionsEnabled: some(true, false),
    actionsSuppressedBy: some<string | undefined>(undefined, 'Alarm', 'WaitPeriod', 'ExtensionPeriod'),
    watches: watched,
  })), { nil: undefined, freq: 25 }),
  mute: fc.option(found(fc.record({ activeRules: some<string[]>([], [MUTE_ARN]) })), { nil: undefined, freq: 25 }),
  instance: found(fc.record({
    state: word('running', 'running', 'running', 'stopped'),
    instanceType: fc.constant('m7i.large'),
    architecture: word('x86_64', 'x86_64', 'x86_64', 'arm64'),
    platform: some<string | undefined>(undefined, 'windows'),
    launchTime: date(90_000, 100_000, 300_000),
    tags: some<Record<string, string>>({ kdump: 'on' }, {}, { kdump: 'off' }),
  })),
  status: found(fc.record({
    instance: fc.record({
      status: word('impaired', 'impaired', 'ok'),
      details: fc.array(fc.record({
        name: fc.constant('reachability'),
        status: some<string | undefined>('failed', 'passed', 'new', undefined),
        impairedSince: fc.option(date(59, 60, 90, 3600), { nil: undefined, freq: 12 }),
      }), { maxLength: 2 }),
    }),
    system: fc.record({ status: word('ok'), details: fc.constant([]) }),
    attachedEbs: some<{ status: string; details: [] } | undefined>(undefined, ...['ok', 'impaired', 'initializing'].map(status => ({ status, details: [] as [] }))),
  })),
  instanceType: found(fc.record({
    hypervisor: either<string | undefined>(fc.constant('nitro'), 8, fc.option(word('xen'), { nil: undefined })),
    bareMetal: some(false, true, undefined as unknown as boolean),
    architectures: some(['x86_64'], ['i386', 'x86_64'], ['arm64'], []),
  })),
  kdump: found(fc.record({ status: either<string | undefined>(word('Success'), 12, fc.constant(undefined)), executionDate: date(60, 86_400, 90_000, -300) })),
  claims: found(fc.record({
    takenSlots: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
    cooldownUntil: some<string | undefined>(undefined, ago(-60), 'soon'),
  })),
  fleet: fc.option(
    found(fc.record({ size: either(fc.integer({ min: 0, max: 80 }), 12, evenly(NaN, -1, 1.5, Infinity)) })), { nil: undefined, freq: 12 },
  ),
});
export const policy: fc.Arbitrary<InterruptPolicy> = fc.record({
  mode: some<'armed' | 'dryRun'>('armed', 'dryRun'),
  targets: evenly<InterruptPolicy['targets']>({ instanceIds: [INSTANCE] }, { instanceIds: [OTHER_INSTANCE, INSTANCE] }, BY_TAG.targets),
  associationId: fc.constant(ARMED.associationId),
  minimumImpairedSeconds: evenly(0, 60, 61),
  maximumEventAgeSeconds: evenly(60, 600),
  maximumReadinessAgeSeconds: evenly(3600, 86_400, 259_200),
  whenNotArmed: evenly<'refuse' | 'interrupt'>('refuse', 'interrupt'),
  bareMetal: evenly<'refuse' | 'interrupt'>('refuse', 'interrupt'),
  signals: evenly([], [HEARTBEAT]),
  gameDays: fc.boolean(),
  claims: fc.record({
    tableName: fc.constant('t'),
    cooldownSeconds: fc.constant(60),
    windowSeconds: fc.constant(60),
    limit: fc.oneof(fc.record({ count: evenly(2, 3, 5, 100) }), fc.record({ percent: evenly(0.1, 10, 100) })),
  }),
});
