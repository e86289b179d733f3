import * as fc from 'fast-check';
import { ARMED, BY_SHARE, BY_TAG, HEARTBEAT } from './fixtures';
import { InvalidPolicyError, readPolicy } from '../../src/interrupt/read-policy';

const tag = (value: unknown) => ({ ...BY_TAG, targets: { tag: value } });
const ids = (value: unknown) => ({ ...ARMED, targets: { instanceIds: value } });
const claims = (facts: object) => ({ ...ARMED, claims: { ...ARMED.claims, ...facts } });

test.each([
  ARMED, BY_TAG, BY_SHARE, { ...ARMED, mode: 'dryRun' }, tag({ key: 'kdump', values: [''] }), { ...ARMED, gameDays: true, signals: [HEARTBEAT] },
  { ...ARMED, whenNotArmed: 'interrupt', bareMetal: 'interrupt', minimumImpairedSeconds: 0 }, claims({ limit: { count: 100 } }), claims({ limit: { percent: 0.5 } }),
])('reads what the construct writes: %j', (policy) => {
  expect(readPolicy(JSON.stringify(policy))).toEqual(policy);
});

test.each<[string, unknown]>([
  ['another mode', { ...ARMED, mode: 'ARMED' }],
  ['an empty association', { ...ARMED, associationId: '' }],
  ['empty targets', { ...ARMED, targets: {} }],
  ['a list of targets', { ...ARMED, targets: [] }],
  ['no instance', ids([])],
  ['a wildcard instead of a list', ids('*')],
  ['something that is no instance ID', ids(['i-0123456789abcdef0', '*'])],
  ['both kinds of targets', { ...ARMED, targets: { ...ARMED.targets, ...BY_TAG.targets } }],
  ['no tag', tag(null)],
  ['an empty tag key', tag({ key: '', values: ['on'] })],
  ['no tag values', tag({ key: 'kdump', values: [] })],
  ['tag values that are no strings', tag({ key: 'kdump', values: [true] })],
  ['an unknown key of the tag', tag({ key: 'kdump', values: ['on'], not: true })],
  ['a time that is not whole', { ...ARMED, minimumImpairedSeconds: 0.5 }],
  ['a time that is negative', { ...ARMED, maximumEventAgeSeconds: -1 }],
  ['a time that is text', { ...ARMED, maximumReadinessAgeSeconds: '60' }],
  ['a time that JSON does not know', { ...ARMED, maximumReadinessAgeSeconds: Infinity }],
  ['another way when kdump is not armed', { ...ARMED, whenNotArmed: 'maybe' }],
  ['another way for bare metal', { ...ARMED, bareMetal: true }],
  ['a signal without a namespace', { ...ARMED, signals: [{ metricName: 'x' }] }],
  ['a signal with an empty name', { ...ARMED, signals: [{ namespace: 'x', metricName: '' }] }],
  ['game days that are text', { ...ARMED, gameDays: 'true' }],
  ['a cooldown of nothing', claims({ cooldownSeconds: 0 })],
  ['a window of nothing', claims({ windowSeconds: 0 })],
  ['no table', claims({ tableName: '' })],
  ['a limit of none', claims({ limit: { count: 0 } })],
  ['a limit of more slots than there are', claims({ limit: { count: 101 } })],
  ['a share of nothing', claims({ limit: { percent: 0 } })],
  ['a share of more than all', claims({ limit: { percent: 101 } })],
  ['two limits', claims({ limit: { count: 1, percent: 1 } })],
  ['an unknown key of the claims', claims({ retries: 3 })],
  ['an unknown key', { ...ARMED, force: true }],
  ['an unknown key that every object inherits', { ...ARMED, constructor: 1 }],
  ['a list', [ARMED]],
  ['null', null],
])('fails on %s', (_what, policy) => {
  expect(() => readPolicy(JSON.stringify(policy))).toThrow(InvalidPolicyError);
});

test.each(Object.keys(ARMED))('fails without %s, and names it', (key) => {
  expect(() => readPolicy(JSON.stringify({ ...ARMED, [key]: undefined }))).toThrow(expect.objectContaining({
    name: 'InvalidPolicy', message: expect.stringContaining(key),
  }));
});

test.each([undefined, '', '{', 'armed'])('fails on %j, which is no JSON, and says which variable', (json) => {
  expect(() => readPolicy(json)).toThrow(expect.objectContaining({ name: 'InvalidPolicy', message: expect.stringContaining('INTERRUPT_POLICY') }));
});

test('fails when a field comes from a prototype', () => {
  expect(() => readPolicy(`{"__proto__": ${JSON.stringify(ARMED)}}`)).toThrow(InvalidPolicyError);
});

test('fails with nothing but InvalidPolicy, whatever the JSON', () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (json) => {
    expect(() => readPolicy(json)).toThrow(InvalidPolicyError);
  }));
});
