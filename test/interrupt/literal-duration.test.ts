import { Duration, Lazy } from 'aws-cdk-lib';
import { literalSeconds } from '../../src/interrupt/literal-duration';

const RANGE = { least: Duration.minutes(1), most: Duration.hours(2) };
const secondsOf = (duration: Duration) => literalSeconds('cooldown', duration, RANGE);

test.each([
  [Duration.minutes(1), 60],
  [Duration.hours(2), 7200],
  [Duration.seconds(61), 61],
  // Rounded up: what waits is never shorter than was asked for.
  [Duration.millis(60_001), 61],
])('%s is %d seconds', (duration, seconds) => {
  expect(secondsOf(duration)).toBe(seconds);
});

test.each([
  [Duration.millis(59_999), '59.999 seconds were given'],
  [Duration.seconds(0), '0 seconds were given'],
  [Duration.millis(7_200_001), '7200.001 seconds were given'],
  [Duration.days(1), '86400 seconds were given'],
])('refuses %s, with what was given and what is allowed', (duration, given) => {
  expect(() => secondsOf(duration)).toThrow(`cooldown: ${given}; a literal Duration from 1 minute to 2 hours is allowed.`);
});

test('refuses a token, whose value the policy could not hold', () => {
  expect(() => secondsOf(Duration.minutes(Lazy.number({ produce: () => 5 }))))
    .toThrow('cooldown: it is a token; a literal Duration from 1 minute to 2 hours is allowed.');
});
