import { Duration, Token } from 'aws-cdk-lib';
import { HeartbeatProps, UnresponsiveSignal } from '../../src';

process.env.CDK_VALIDATION = 'false';

const heartbeat = (props: Partial<HeartbeatProps> = {}) => UnresponsiveSignal.heartbeat({ namespace: 'Ops', metricName: 'Alive', ...props });
const dimensions = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`D${i}`, 'x']));
const token = Token.asString({ Ref: 'Name' });

test('is known by the name of its metric', () => {
  expect(UnresponsiveSignal.instanceStatusCheck()._metricIdentity).toEqual({ namespace: 'AWS/EC2', metricName: 'StatusCheckFailed_Instance' });
  expect(UnresponsiveSignal.applicationStatusCheck()._metricIdentity).toEqual({ namespace: 'AWS/EC2', metricName: 'StatusCheckFailed_Application' });
  expect(heartbeat()._metricIdentity).toEqual({ namespace: 'Ops', metricName: 'Alive' });
  expect(UnresponsiveSignal.cloudWatchAgentHeartbeat()._metricIdentity).toEqual({ namespace: 'CWAgent', metricName: 'mem_used_percent' });
});

test('vouches for a death that the instance status check does not see, unless it is that check', () => {
  expect(UnresponsiveSignal.instanceStatusCheck()._vouches).toBe(false);
  expect(UnresponsiveSignal.applicationStatusCheck()._vouches).toBe(true);
  expect(heartbeat()._vouches).toBe(true);
  expect(UnresponsiveSignal.cloudWatchAgentHeartbeat()._vouches).toBe(true);
});

test('takes as many dimensions as a metric has, besides InstanceId, and values that are not known yet', () => {
  expect(() => heartbeat({ dimensions: dimensions(29) })).not.toThrow();
  expect(() => heartbeat({ dimensions: { Group: token } })).not.toThrow();
});

test.each<[string, Partial<HeartbeatProps>, RegExp]>([
  ['an empty namespace', { namespace: '' }, /^namespace: a name of nothing but blanks/],
  ['a namespace that JavaScript leaves undefined', { namespace: undefined }, /^namespace: a name of nothing but blanks/],
  ['a namespace of blanks', { namespace: ' ' }, /^namespace: a name of nothing but blanks/],
  ['a namespace that is too long', { namespace: 'n'.repeat(256) }, /^namespace: a name of 256 characters .* 1 to 255/],
  ['a namespace that is a token', { namespace: token }, /^namespace: a token was given.* Give a literal string/],
  ['the status check under the name of a heartbeat', { namespace: 'AWS/EC2', metricName: 'StatusCheckFailed_Instance' }, /^namespace: 'AWS\/EC2'/],
  ['a namespace of AWS in small letters', { namespace: 'aws/ec2' }, /^namespace: 'aws\/ec2'/],
  ['a namespace that begins with a colon', { namespace: ':Ops' }, /^namespace: ':Ops'/],
  ['an empty metric name', { metricName: '' }, /^metricName: a name of nothing but blanks/],
  ['a metric name with a token in it', { metricName: `Alive-${token}` }, /^metricName: a token was given/],
  ['an instance of its own', { dimensions: { InstanceId: 'i-0123456789abcdef0' } }, /^dimensions: InstanceId was given.* Leave it out/],
  ['30 dimensions', { dimensions: dimensions(30) }, /^dimensions: 30 were given; 29 are allowed/],
  ['an empty dimension name', { dimensions: { '': 'x' } }, /^dimensions: a name of nothing but blanks/],
  ['a dimension name that is a token', { dimensions: { [token]: 'x' } }, /^dimensions: a token was given/],
  ['an empty dimension value', { dimensions: { Team: '' } }, /^dimensions: the value of Team/],
  ['a dimension value that is too long', { dimensions: { Team: 'x'.repeat(256) } }, /^dimensions: the value of Team has 256 characters/],
  ['half a minute', { period: Duration.seconds(30) }, /^period: 30 seconds were given; whole minutes from 1 to 60/],
  ['90 seconds', { period: Duration.seconds(90) }, /^period: 90 seconds/],
  ['two hours', { period: Duration.hours(2) }, /^period: 7200 seconds/],
  ['a period that is a token', { period: Duration.minutes(Token.asNumber({ Ref: 'Minutes' })) }, /^period: it is a token/],
])('refuses %s', (_, props, message) => {
  expect(() => heartbeat(props)).toThrow(message);
});
