import { AccessRequest, check, decide, Statement } from '../../../local/aws/policy';

const INSTANCE = 'arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0';
const REQUEST: AccessRequest = { action: 'ec2:SendDiagnosticInterrupt', resource: INSTANCE, context: { 'aws:ResourceTag/Team': 'web', 'aws:PrincipalAccount': '123456789012' } };
const ALLOW: Statement = { Effect: 'Allow', Action: 'ec2:SendDiagnosticInterrupt', Resource: INSTANCE };
const allowed = (...statements: Statement[]) => decide([{ Statement: statements }], REQUEST).allowed;

test.each<[string, Partial<Statement>]>([
  ['the action by its name', {}],
  ['the action in another case', { Action: 'ec2:senddiagnosticinterrupt' }],
  ['one of several actions', { Action: ['ec2:RebootInstances', 'ec2:Send*'] }],
  ['every resource', { Resource: '*' }],
  ['resources by a pattern', { Resource: 'arn:aws:ec2:*:*:instance/i-???????????????f0' }],
  ['a policy variable', { Resource: 'arn:aws:ec2:us-east-1:${aws:PrincipalAccount}:instance/*' }],
  ['a negated condition on another value', { Condition: { StringNotEquals: { 'aws:ResourceTag/Team': 'db' } } }],
  ['everything but another action', { Action: undefined, NotAction: 'ec2:RebootInstances' }],
  ['a tag', { Condition: { StringEquals: { 'aws:ResourceTag/Team': ['db', 'web'] } } }],
  ['a tag by a pattern', { Condition: { StringLike: { 'AWS:resourceTag/Team': 'w*' } } }],
  ['an absent key, if it exists', { Condition: { StringEqualsIfExists: { 'aws:ResourceTag/Stage': 'prod' } } }],
  ['a key that must be absent', { Condition: { Null: { 'aws:ResourceTag/Stage': 'true' } } }],
])('allows by %s', (_, change) => {
  expect(allowed({ ...ALLOW, ...change })).toBe(true);
});

test.each<[string, Partial<Statement>]>([
  ['another action', { Action: 'ec2:RebootInstances' }],
  ['another instance', { Resource: INSTANCE.replace('f0', 'f1') }],
  ['a resource that only begins alike', { Resource: INSTANCE.slice(0, -1) }],
  ['another tag value', { Condition: { StringEquals: { 'aws:ResourceTag/Team': 'db' } } }],
  ['a tag that is not there', { Condition: { StringEquals: { 'aws:ResourceTag/Stage': 'prod' } } }],
  ['a tag key in another case', { Condition: { StringEquals: { 'aws:ResourceTag/team': 'web' } } }],
  ['a negated condition', { Condition: { StringNotEquals: { 'aws:ResourceTag/Team': ['db', 'web'] } } }],
  ['one of two conditions', { Condition: { StringEquals: { 'aws:ResourceTag/Team': 'web' }, Bool: { 'aws:MultiFactorAuthPresent': true } } }],
])('refuses with %s', (_, change) => {
  expect(allowed({ ...ALLOW, ...change })).toBe(false);
});

test('refuses without any statement, and with an explicit deny', () => {
  expect(decide([], REQUEST)).toEqual({ allowed: false, explicit: false });
  expect(decide([{ Statement: [ALLOW] }, { Statement: { Effect: 'Deny', Action: '*', Resource: '*' } }], REQUEST)).toEqual({ allowed: false, explicit: true });
});

describe('a key of several values', () => {
  const holds = (operator: string, keys: string[] | undefined) => decide([{ Statement: { ...ALLOW, Condition: { [operator]: { 'dynamodb:LeadingKeys': ['a', 'b'] } } } }], {
    ...REQUEST, context: keys ? { 'dynamodb:LeadingKeys': keys } : {},
  }).allowed;

  test('allows ForAllValues when each is in the list, or there is none', () => {
    expect([['a'], ['a', 'b'], undefined].map(keys => holds('ForAllValues:StringEquals', keys))).toEqual([true, true, true]);
    expect([['a', 'c'], ['c']].map(keys => holds('ForAllValues:StringEquals', keys))).toEqual([false, false]);
    expect(holds('ForAllValues:StringNotEquals', ['c', 'a'])).toBe(false);
  });

  test('allows ForAnyValue when one is in the list', () => {
    expect([['a', 'c'], ['c'], undefined].map(keys => holds('ForAnyValue:StringEquals', keys))).toEqual([true, false, false]);
  });

  test('fails under an operator for one value', () => {
    expect(() => holds('StringEquals', ['a'])).toThrow(/takes ForAllValues: or ForAnyValue:/);
  });
});

test('fails on a condition operator that it does not know', () => {
  expect(() => check({ Statement: { ...ALLOW, Condition: { DateLessThan: { x: '1' } } } })).toThrow(/condition operator DateLessThan/);
});
