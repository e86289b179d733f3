import { Template, TemplateDocument } from '../../../local/aws/template';

const values = { ref: (logicalId: string) => `ref-of-${logicalId}`, attribute: (logicalId: string, name: string) => `${name}-of-${logicalId}` };

function resolve(value: unknown, document: Partial<TemplateDocument> = {}, parameters: Record<string, string> = {}): unknown {
  return new Template({ Resources: {}, ...document }, 'Web', parameters, values).resolve(value);
}

test.each<[unknown, unknown]>([
  [{ Ref: 'Bucket' }, 'ref-of-Bucket'],
  [{ Ref: 'AWS::Region' }, 'us-east-1'],
  [{ 'Fn::GetAtt': ['Role', 'Arn'] }, 'Arn-of-Role'],
  [{ 'Fn::GetAtt': 'Role.Nested.Arn' }, 'Nested.Arn-of-Role'],
  [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':x']] }, 'arn:aws:x'],
  [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  [{ 'Fn::Sub': '${AWS::AccountId} ${Role.Arn} ${Bucket} ${!literal}' }, '123456789012 Arn-of-Role ref-of-Bucket ${literal}'],
  [{ 'Fn::Sub': ['${a}-${Bucket}', { a: { Ref: 'AWS::StackName' } }] }, 'Web-ref-of-Bucket'],
  [{ 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
  [{ 'Fn::Base64': 'text' }, 'dGV4dA=='],
  [{ kept: 1, dropped: { Ref: 'AWS::NoValue' }, list: [{ Ref: 'AWS::NoValue' }, 2] }, { kept: 1, list: [2] }],
  [{ Ref: 'two', keys: 'are not a function' }, { Ref: 'two', keys: 'are not a function' }],
])('resolves %j', (value, expected) => {
  expect(resolve(value)).toEqual(expected);
});

test('resolves conditions and mappings', () => {
  const document: Partial<TemplateDocument> = {
    Conditions: {
      Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
      Either: { 'Fn::Or': [{ Condition: 'Here' }, { 'Fn::Equals': ['a', 'b'] }] },
      Neither: { 'Fn::Not': [{ Condition: 'Either' }] },
    },
    Mappings: { Sizes: { 'us-east-1': { web: 'm5.large' } } },
  };
  expect(resolve({ 'Fn::If': ['Either', 'yes', 'no'] }, document)).toBe('yes');
  expect(resolve({ 'Fn::If': ['Neither', 'yes', 'no'] }, document)).toBe('no');
  expect(resolve({ 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'web'] }, document)).toBe('m5.large');
});

test('resolves parameters: given, by default, and those that Systems Manager would look up', () => {
  const Parameters = { Given: { Type: 'String' }, Default: { Type: 'String', Default: 'd' }, Ami: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: '/ami' } };
  expect(resolve([{ Ref: 'Given' }, { Ref: 'Default' }, { Ref: 'Ami' }], { Parameters }, { Given: 'g' })).toEqual(['g', 'd', expect.stringMatching(/^ami-/)]);
});

test.each<[unknown, RegExp]>([
  [{ 'Fn::ImportValue': 'x' }, /uses Fn::ImportValue, which the local stand does not resolve/],
  [{ 'Fn::If': ['Nothing', 1, 2] }, /has no condition Nothing/],
  [{ 'Fn::FindInMap': ['A', 'b', 'c'] }, /mapping A has no b.c/],
])('fails on %j', (value, message) => {
  expect(() => resolve(value)).toThrow(message);
});

test('fails on a parameter without a value', () => {
  expect(() => resolve({ Ref: 'Size' }, { Parameters: { Size: { Type: 'Number' } } })).toThrow(/parameter Size has no default/);
});
