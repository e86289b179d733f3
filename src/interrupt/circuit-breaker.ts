import { Duration } from 'aws-cdk-lib';
import { ClaimPolicy, InterruptLimit, MOST_SLOTS } from './interrupt-policy';
import { literalSeconds } from './literal-duration';

const WINDOW = { least: Duration.minutes(1), most: Duration.days(7) };

/**
 * Defines how many interrupts there may be, of all instances together. A fault of the network or of a zone can make many healthy
 * instances look hung at once; and where one bug hangs many, one dump explains it.
 */
export class CircuitBreaker {
  /**
   * At most so many interrupts in any time of this length.
   *
   * @param interrupts 1 to 100
   * @param within a minute to seven days
   * @throws if one of them is out of its range or a token
   */
  public static atMost(interrupts: number, within: Duration): CircuitBreaker {
    if (!Number.isInteger(interrupts) || interrupts < 1 || interrupts > MOST_SLOTS) {
      throw new Error(`CircuitBreaker.atMost: ${interrupts} interrupts were given; a whole number from 1 to ${MOST_SLOTS} is allowed, no token.`
        + ' To switch interrupts off use InterruptMode.DRY_RUN.');
    }
    return new CircuitBreaker('CircuitBreaker.atMost', { count: interrupts }, within);
  }

  /**
   * At most this share of the instances that the kdump association targets, in any time of this length; rounded down, but one at
   * least and 100 at most. How many there are is asked of Systems Manager when an interrupt is decided about.
   *
   * @param percent more than 0, and up to 100
   * @param within a minute to seven days
   * @throws if one of them is out of its range or a token
   */
  public static atMostShare(percent: number, within: Duration): CircuitBreaker {
    if (!(percent > 0 && percent <= 100)) {
      throw new Error(`CircuitBreaker.atMostShare: ${percent} % was given; more than 0 and up to 100 is allowed, no token.`
        + ' To switch interrupts off use InterruptMode.DRY_RUN.');
    }
    return new CircuitBreaker('CircuitBreaker.atMostShare', { percent }, within);
  }

  private readonly windowSeconds: number;

  private constructor(where: string, private readonly limit: InterruptLimit, within: Duration) {
    this.windowSeconds = literalSeconds(`${where}: within`, within, WINDOW);
  }

  /**
   * Whether it has to be known how many instances there are.
   *
   * @internal
   */
  public get _needsFleetSize(): boolean {
    return 'percent' in this.limit;
  }

  /**
   * The breaker as the policy of the function says it.
   *
   * @internal
   */
  public _render(): Pick<ClaimPolicy, 'limit' | 'windowSeconds'> {
    return { limit: this.limit, windowSeconds: this.windowSeconds };
  }
}
