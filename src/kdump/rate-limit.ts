/**
 * Defines how many instances at once, or how many failures, State Manager allows: its rate control.
 */
export class RateLimit {
  /**
   * A fixed number of instances.
   *
   * @param count a whole number, at least 1
   * @throws if it is anything else, or a token
   */
  public static count(count: number): RateLimit {
    if (!Number.isInteger(count) || count < 1) {
      throw new Error(`RateLimit.count: ${count} was given; a whole number of at least 1 is allowed, no token. Use RateLimit.percentage() for a share.`);
    }
    return new RateLimit(`${count}`);
  }

  /**
   * A share of the targets.
   *
   * @param percent a whole number from 1 to 100
   * @throws if it is anything else, or a token
   */
  public static percentage(percent: number): RateLimit {
    if (!Number.isInteger(percent) || percent < 1 || percent > 100) {
      throw new Error(`RateLimit.percentage: ${percent} was given; a whole number from 1 to 100 is allowed, no token. Use RateLimit.count() for a number.`);
    }
    return new RateLimit(`${percent}%`);
  }

  /**
   * The value as State Manager takes it.
   *
   * @internal
   */
  public readonly _value: string;

  private constructor(value: string) {
    this._value = value;
  }
}
