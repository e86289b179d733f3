import * as fc from 'fast-check';
import { ARMED, BY_TAG } from './fixtures';
import { InvalidPolicyError, parseInterruptPolicy } from '../../src/interrupt/interrupt-policy';

describe('parseInterruptPolicy', () => {
  test.each([ARMED, BY_TAG, { ...ARMED, mode: 'dryRun' }])('reads what the construct writes: %j', (policy) => {
    expect(parseInterruptPolicy(JSON.stringify(policy))).toEqual(policy);
  });

  const tag = (value: unknown) => ({ ...BY_TAG, targets: { tag: value } });
  const ids = (value: unknown) => ({ ...ARMED, targets: { instanceIds: value } });
  test.each<[string, unknown]>([
    ['another mode', { ...ARMED, mode: 'ARMED' }],
    ['no mode', { ...ARMED, mode: undefined }],
    ['no association', { ...ARMED, associationId: undefined }],
    ['an empty association', { ...ARMED, associationId: '' }],
    ['no targets', { ...ARMED, targets: undefined }],
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
    ['an unknown key', { ...ARMED, force: true }],
    ['a list', [ARMED]],
    ['null', null],
  ])('fails on %s', (_what, policy) => {
    expect(() => parseInterruptPolicy(JSON.stringify(policy))).toThrow(InvalidPolicyError);
  });

  test.each([undefined, '', '{', 'armed'])('fails on %j, which is no JSON, and says which variable', (json) => {
    expect(() => parseInterruptPolicy(json)).toThrow(expect.objectContaining({
      name: 'InvalidPolicy', message: expect.stringContaining('INTERRUPT_POLICY'),
    }));
  });

  test('fails when a field comes from a prototype', () => {
    expect(() => parseInterruptPolicy(`{"__proto__": ${JSON.stringify(ARMED)}}`)).toThrow(InvalidPolicyError);
  });

  test('fails with nothing but InvalidPolicy, whatever the JSON', () => {
    fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (json) => {
      expect(() => parseInterruptPolicy(json)).toThrow(InvalidPolicyError);
    }));
  });
});
