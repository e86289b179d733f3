import { AlarmState } from '../../../local/aws/alarm-evaluation';
import { AlarmRule } from '../../../local/aws/alarm-rule';

const STATES: Record<string, AlarmState> = { 'in-alarm': 'ALARM', 'fine': 'OK', 'new one': 'INSUFFICIENT_DATA', 'arn:aws:cloudwatch:us-east-1:1:alarm:in-alarm': 'ALARM' };
const stateOf = (alarm: string) => STATES[alarm];

test.each([
  ['ALARM("in-alarm")', true],
  ['ALARM(in-alarm)', true],
  ['ALARM("arn:aws:cloudwatch:us-east-1:1:alarm:in-alarm")', true],
  ['OK(in-alarm)', false],
  ['INSUFFICIENT_DATA("new one")', true],
  ['NOT ALARM(fine)', true],
  ['NOT (ALARM(in-alarm) AND OK(fine))', false],
  ['TRUE OR FALSE AND FALSE', true], // AND binds closer
  ['(TRUE OR FALSE) AND FALSE', false],
  ['NOT FALSE AND TRUE', true],
  ['(ALARM("in-alarm") OR ALARM("fine"))\n AND NOT ALARM("new one")', true],
])('%s is %s', (text, value) => expect(new AlarmRule(text).holds(stateOf)).toBe(value));

test.each([
  ['ALARM(in-alarm) OR ALARM(fine)', ['in-alarm']],
  ['ALARM(in-alarm) AND OK(fine)', ['in-alarm', 'fine']],
  ['ALARM(in-alarm) AND ALARM(fine)', ['fine']],
  ['ALARM(fine) OR ALARM("new one")', ['fine', 'new one']],
  ['ALARM(in-alarm) AND NOT ALARM(fine)', ['in-alarm', 'fine']],
])('what decides %s', (text, alarms) => expect(new AlarmRule(text).deciding(stateOf)).toEqual(alarms));

test('names its alarms once', () => {
  expect(new AlarmRule('ALARM(a) OR OK(b) AND NOT ALARM("a")').alarms).toEqual(['a', 'b']);
});

test.each([
  ['', 'it ends too early'],
  ['ALARM(a) ALARM(b)', "'ALARM' is too much"],
  ['ALARM a', "'(' is wanted, there is 'a'"],
  ['(ALARM(a)', "')' is wanted, there is 'nothing'"],
  ['alarm(a)', "'alarm' is none of it"],
  ['AT_LEAST(2, ALARM, (a, b))', "'AT_LEAST' is none of it"],
  [`ALARM(${'a'.repeat(10_240)})`, 'An AlarmRule has 10240 characters at most'],
])('refuses %.40s', (text, message) => expect(() => new AlarmRule(text)).toThrow(message));
