import { Duration, Lazy, Token } from 'aws-cdk-lib';
import { CircuitBreaker } from '../../src';

const HOUR = Duration.hours(1);

test.each([1, 2, 100])('lets %d interrupts pass within the window', count => {
  const breaker = CircuitBreaker.atMost(count, HOUR);
  expect(breaker._render()).toEqual({ limit: { count }, windowSeconds: 3600 });
  expect(breaker._needsFleetSize).toBe(false);
});

test.each([0.5, 1, 33.3, 100])('lets %d % of the fleet pass within the window, and has to know the fleet', percent => {
  const breaker = CircuitBreaker.atMostShare(percent, HOUR);
  expect(breaker._render()).toEqual({ limit: { percent }, windowSeconds: 3600 });
  expect(breaker._needsFleetSize).toBe(true);
});

test.each([[Duration.minutes(1), 60], [Duration.days(7), 604_800], [Duration.millis(90_001), 91]])('takes a window of %s: %d seconds', (within, seconds) => {
  expect(CircuitBreaker.atMost(1, within)._render().windowSeconds).toBe(seconds);
});

const token = Token.asNumber(Lazy.number({ produce: () => 3 }));

test.each([0, -1, 1.5, 101, NaN, Infinity, token])('refuses %d interrupts', count => {
  expect(() => CircuitBreaker.atMost(count, HOUR))
    .toThrow(/^CircuitBreaker\.atMost: .*; a whole number from 1 to 100 is allowed, no token\..*InterruptMode\.DRY_RUN/);
});

test.each([0, -1, 100.1, NaN, Infinity, token])('refuses a share of %d %', percent => {
  expect(() => CircuitBreaker.atMostShare(percent, HOUR))
    .toThrow(/^CircuitBreaker\.atMostShare: .*; more than 0 and up to 100 is allowed, no token\..*InterruptMode\.DRY_RUN/);
});

test.each([
  ['0 seconds', Duration.seconds(0)],
  ['59.999 seconds', Duration.millis(59_999)],
  ['604801 seconds', Duration.seconds(604_801)],
  ['it is a token', Duration.seconds(Lazy.number({ produce: () => 3600 }))],
])('refuses a window: %s', (given, within) => {
  expect(() => CircuitBreaker.atMost(1, within)).toThrow(new RegExp(`^CircuitBreaker\\.atMost: within: ${given}.*from 1 minute to 7 days is allowed`));
  expect(() => CircuitBreaker.atMostShare(1, within)).toThrow(/^CircuitBreaker\.atMostShare: within: /);
});
