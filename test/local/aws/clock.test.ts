import { Clock } from '../../../local/aws/clock';

test('reports a moment as long ago, in minutes of AWS, as it was', () => {
  const clock = new Clock(5000);
  const now = new Date('2026-03-01T12:00:00Z');
  const before = (ms: number) => clock.reported(new Date(now.getTime() - ms), now).toISOString();
  expect(before(15_000)).toBe('2026-03-01T11:57:00.000Z'); // three of its minutes
  expect(before(0)).toBe('2026-03-01T12:00:00.000Z');
  expect(before(-5000)).toBe('2026-03-01T12:01:00.000Z');
  expect(new Clock(60_000).reported(new Date(1), now)).toEqual(new Date(1)); // at real speed nothing changes
});

test.each([0, -1, NaN, Infinity])('refuses a minute of %s milliseconds', minuteMs => {
  expect(() => new Clock(minuteMs)).toThrow(/minuteMs must be a positive number/);
});
