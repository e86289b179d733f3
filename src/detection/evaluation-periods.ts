import { Duration } from 'aws-cdk-lib';

/**
 * How many periods an alarm has to evaluate to cover `unresponsiveFor`, of which `longest` minutes are allowed at most.
 */
export function evaluationPeriods(unresponsiveFor: Duration, period: Duration, longest: number): number {
  const seconds = literalSeconds('unresponsiveFor', unresponsiveFor);
  const step = period.toMinutes();
  const periods = seconds / period.toSeconds();
  if (!Number.isInteger(periods) || periods < 1 || seconds > longest * 60) {
    const allowed = step === 1 ? `whole minutes from 1 to ${longest}` : `multiples of the signal's period of ${step} minutes, up to ${longest} minutes,`;
    throw new Error(`unresponsiveFor: ${seconds} seconds were given; ${allowed} are allowed. Use Duration.minutes(n).`);
  }
  return periods;
}

/**
 * The seconds of a Duration that must be known at synth.
 */
export function literalSeconds(property: string, duration: Duration): number {
  if (duration.isUnresolved()) {
    throw new Error(`${property}: it is a token. Give a literal Duration of whole minutes.`);
  }
  // A Duration of milliseconds refuses to be converted to seconds that are not whole, with a message that names no property.
  return duration.toMilliseconds() / 1000;
}
