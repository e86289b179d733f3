import { Duration } from 'aws-cdk-lib';

export interface DurationRange {
  readonly least: Duration;
  readonly most: Duration;
}

/**
 * The whole seconds of a Duration that becomes part of the policy at synth.
 *
 * @param name the property's name, for the error
 */
export function literalSeconds(name: string, duration: Duration, { least, most }: DurationRange): number {
  const allowed = `a literal Duration from ${least.toHumanString()} to ${most.toHumanString()} is allowed`;
  if (duration.isUnresolved()) throw new Error(`${name}: it is a token; ${allowed}.`);
  const milliseconds = duration.toMilliseconds();
  if (milliseconds < least.toMilliseconds() || milliseconds > most.toMilliseconds()) {
    throw new Error(`${name}: ${milliseconds / 1000} seconds were given; ${allowed}.`);
  }
  return Math.ceil(milliseconds / 1000);
}
