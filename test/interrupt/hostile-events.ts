import * as fc from 'fast-check';
import {
  ALARM_ARN, alarmEvent, bridgeEvent, COMPOSITE_ARN, compositeEvent, INSTANCE, MUTE_ARN, OTHER_ALARM_ARN, OTHER_INSTANCE, watchEvent,
} from './fixtures';

/** In all hostile text, so that it can be looked for in what comes out. */
export const MARK = '\u2622';

const MEGABYTE = `${MARK}${'x'.repeat(1_000_000)}`;
const DEEP = Array.from({ length: 10_000 }).reduce<unknown>(inner => ({ a: [inner] }), MARK);
const WIDE = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${MARK}${i}`, i]));
const foreign = (arn: string) => [arn.replace('111122223333', '999988887777'), arn.replace('eu-central-1', 'us-east-1'),
  arn.replace('arn:aws:', 'arn:aws-cn:')];

/** Own keys, as JSON can have them. */
const PROTOTYPES = [
  `{"__proto__": {"instanceId": "${INSTANCE}", "InstanceId": "${INSTANCE}", "value": "ALARM"}}`, '{"constructor": {"prototype": {"value": "ALARM"}}}',
  '{"toString": "x", "valueOf": 1, "hasOwnProperty": false}', '{"length": -1, "0": "a"}', '{"then": "x"}', '{"toJSON": "x"}',
].map(json => JSON.parse(json));

const ARNS = [...foreign(ALARM_ARN), ...foreign(COMPOSITE_ARN), OTHER_ALARM_ARN, MUTE_ARN, `${ALARM_ARN}\n${MARK}`, `arn:${MARK}`, '*',
  `${ALARM_ARN}:${ALARM_ARN}`];
const IDS = [
  `${INSTANCE}${MARK}`, `${INSTANCE}\n`, ` ${INSTANCE}`, INSTANCE.toUpperCase(), 'i-', 'i-*', 'mi-0123456789abcdef0', 'i-0123456789abcde',
  `i-${'a'.repeat(100_000)}`,
  `${INSTANCE},${OTHER_INSTANCE}`, `$(reboot)${MARK}`, '../../etc/passwd', 'і-0123456789abcdef0', OTHER_INSTANCE,
];
const LEAVES = [
  null, true, false, 0, -1, 1e308, '', ' ', MARK, `"${MARK}`, `${MARK}\u0000\u001b[31m\r\n`,
  '\ud800', MEGABYTE, DEEP, WIDE, [], {}, [[]], [INSTANCE], { InstanceId: INSTANCE },
  'OK', 'alarm', 'ALARM ', '2036-01-01T00:00:00Z', '0000-00-00', '+275760-09-13T00:00:00.000Z', '+999999-01-01', 'Infinity',
  JSON.stringify({ triggeringAlarms: [{ arn: foreign(ALARM_ARN)[0] }] }), '{"triggeringAlarms":[{"__proto__":{"arn":"x"}}]}', '['.repeat(100_000),
];
const markedText = fc.string({ unit: 'binary', maxLength: 30 }).map(text => `${MARK}${text}`);
const hostile = fc.oneof(
  fc.constantFrom<unknown>(...LEAVES), fc.constantFrom<unknown>(...ARNS, ...IDS), fc.constantFrom<unknown>(...PROTOTYPES), markedText,
  fc.jsonValue({ maxDepth: 3 }),
);
const hostileKey = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', '.', 'InstanceId',
  'length'), markedText);

type Change = { readonly at: number; readonly how: 'replace' | 'remove' | 'add' | 'repeat' | 'wrap'; readonly value: unknown; readonly key: string };
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  how: fc.oneof({ weight: 5, arbitrary: fc.constant('replace' as const) }, {
    weight: 4,
    arbitrary: fc.constantFrom('remove', 'add',
      'repeat', 'wrap'),
  }),
  value: hostile,
  key: hostileKey,
});

const muteDetail = { mutedByArn: MUTE_ARN, muteWindowStart: '2026-01-02T03:00:00.000+0000' };
const TEMPLATES = [
  alarmEvent(), alarmEvent('OK'), compositeEvent(), compositeEvent([foreign(ALARM_ARN)[0]]), bridgeEvent(), bridgeEvent({ muteDetail }),
  watchEvent(), { instanceId: INSTANCE, reason: 'it hangs' }, ...foreign(ALARM_ARN).map(alarmArn => ({
    ...alarmEvent(),
    alarmArn,
  })),
  ...foreign(ALARM_ARN).map(arn => ({ ...bridgeEvent(), resources: [arn] })),
];

/** What a valid event becomes when a few of its parts are changed; and anything at all. */
export const hostileEvent: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constantFrom<unknown>(...TEMPLATES), fc.array(change, { minLength: 1, maxLength: 3 })).map(([template, changes]) => (
      changes.reduce((event, each) => changed(event, each), template)
    )),
  },
  { weight: 1, arbitrary: hostile },
  { weight: 1, arbitrary: fc.anything({ withNullPrototype: true, withMap: true, withBigInt: true }) },
);

function changed(event: unknown, { at, how, value, key }: Change): unknown {
  const places = placesIn(event).slice(1);
  if (places.length === 0) return value;
  const place = places[at % places.length];
  return withPart(event, place, (old) => {
    if (how === 'replace') return { value };
    if (how === 'remove') return undefined;
    if (how === 'wrap') return { value: [old] };
    if (how === 'repeat') return { value: Array.isArray(old) ? [...old, ...old, value] : { [key]: old } };
    return { value: withOwn(typeof old === 'object' && old !== null ? old : {}, key, value) };
  });
}

/** The paths to all parts of an event, but not into those that are deep or wide without end. */
function placesIn(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || path.length > 8) return [path];
  return [path, ...Object.keys(value).slice(0, 20).flatMap(key => placesIn((value as Record<string, unknown>)[key], [...path, key]))];
}

function withPart(value: unknown, [key, ...rest]: string[], make: (old: unknown) => { value: unknown } | undefined): unknown {
  const old = Object.getOwnPropertyDescriptor(value, key)?.value;
  const made = rest.length === 0 ? make(old) : { value: withPart(old, rest, make) };
  if (made) return withOwn(value as object, key, made.value);
  if (Array.isArray(value)) return value.filter((_, index) => String(index) !== key);
  return Object.fromEntries(Object.entries(value as object).filter(([name]) => name !== key));
}

/** By definition, as JSON.parse does it, so that `__proto__` is a key like any other. */
function withOwn(value: object, key: string, member: unknown): object {
  const copy = Array.isArray(value) ? [...value] : Object.fromEntries(Object.entries(value));
  if (Array.isArray(copy) && !/^\d{1,3}$/.test(key)) return copy;
  return Object.defineProperty(copy, key, { value: member, enumerable: true, writable: true, configurable: true });
}
