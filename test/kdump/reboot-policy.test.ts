import { Duration, Lazy } from 'aws-cdk-lib';
import { DayOfWeek, RebootPolicy } from '../../src';

const { SATURDAY, SUNDAY } = DayOfWeek;

test.each([
  ['every day', { start: '02:30', duration: Duration.hours(2) }, '1234567 150 120'],
  ['two days, in any order and twice', { days: [SUNDAY, SATURDAY, SUNDAY], start: '23:00', duration: Duration.minutes(90) }, '67 1380 90'],
  ['a whole day', { start: '00:00', duration: Duration.days(1) }, '1234567 0 1440'],
])('a window on %s', (_, window, value) => expect(RebootPolicy.inWindow(window)._window).toBe(value));

test.each(['', '2:30', '24:00', '12:60', '02:30:00', '12:00 ', '12:00\n', '$(id)', Lazy.string({ produce: () => '02:30' })])('refuses to start at %j', start => {
  expect(() => RebootPolicy.inWindow({ start, duration: Duration.hours(2) })).toThrow(/start is .*allowed is a time of day/);
});

test.each([Duration.minutes(59), Duration.seconds(3630), Duration.hours(25), Duration.minutes(0)])('refuses a window of %s', duration => {
  expect(() => RebootPolicy.inWindow({ start: '02:30', duration })).toThrow(/allowed are whole minutes from 60 to 1440/);
});

test('refuses a window on no day, and one whose length is a token', () => {
  expect(() => RebootPolicy.inWindow({ days: [], start: '02:30', duration: Duration.hours(2) })).toThrow(/no day/);
  expect(() => RebootPolicy.inWindow({ start: '02:30', duration: Duration.minutes(Lazy.number({ produce: () => 90 })) })).toThrow(/token/);
});
