import { Token } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { RebootPolicy } from './reboot-policy';

const MINUTES: Record<string, number> = { minute: 1, hour: 60, day: 24 * 60 };
// State Manager refuses a shorter rate.
const SHORTEST_RATE_MINUTES = 30;
const ALLOWED = 'Allowed are Schedule.rate() of at least 30 minutes and Schedule.cron() without months.';

/**
 * Checks a schedule against what State Manager takes, and against the window for reboots, into which a check must fall.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
 * @returns the schedule expression
 */
export function associationSchedule(schedule: Schedule, rebootPolicy: RebootPolicy): string {
  const expression = schedule.expressionString;
  if (Token.isUnresolved(expression)) {
    return expression;
  }
  const rate = /^rate\(([1-9]\d{0,6}) (minute|hour|day)s?\)$/.exec(expression);
  if (rate && Number(rate[1]) * MINUTES[rate[2]] < SHORTEST_RATE_MINUTES) {
    throw new Error(`schedule: ${expression} was given; State Manager runs an association every 30 minutes at the most. ${ALLOWED}`);
  }
  const windowMinutes = rebootPolicy._windowMinutes ?? Infinity;
  if (rate && Number(rate[1]) * MINUTES[rate[2]] >= windowMinutes) {
    throw new Error(`schedule: ${expression} was given with a window for reboots of ${windowMinutes} minutes, which may pass between two checks. Give a shorter`
      + ' rate, a longer window, or a Schedule.cron() that falls into the window.');
  }
  if (!rate && !/^cron\([\dA-Z*?,\/#-]+( [\dA-Z*?,\/#-]+){5}\)$/.test(expression)) {
    throw new Error(`schedule: ${JSON.stringify(expression)} is not a schedule that State Manager takes. ${ALLOWED}`);
  }
  const [,,, month] = expression.split(' ');
  if (!rate && month !== '*') {
    throw new Error(`schedule: ${JSON.stringify(expression)} names months (${JSON.stringify(month)}); State Manager knows none in the schedule of an`
      + ` association. ${ALLOWED} Leave month out, or write *.`);
  }
  return expression;
}
