import { Duration } from 'aws-cdk-lib';

/**
 * A day of the week.
 */
export enum DayOfWeek {
  /** Monday */
  MONDAY = '1',
  /** Tuesday */
  TUESDAY = '2',
  /** Wednesday */
  WEDNESDAY = '3',
  /** Thursday */
  THURSDAY = '4',
  /** Friday */
  FRIDAY = '5',
  /** Saturday */
  SATURDAY = '6',
  /** Sunday */
  SUNDAY = '7',
}

/**
 * When instances may be rebooted: a time of day, in UTC.
 */
export interface RebootWindow {
  /**
   * The days on which the window opens.
   *
   * @default - every day
   */
  readonly days?: DayOfWeek[];

  /**
   * The time of day at which it opens, in UTC: `HH:MM`.
   */
  readonly start: string;

  /**
   * How long it stays open, over midnight too: whole minutes, from one hour to one day. The instance asks for its reboot at a check
   * of the association, so the window must be longer than the time between two checks.
   */
  readonly duration: Duration;
}

const DAY_MINUTES = 24 * 60;

/**
 * Defines whether the association may reboot an instance, which a new `crashkernel=` needs to take effect.
 *
 * The program leaves with exit code 194, upon which the SSM agent reboots the instance and runs the program again. It does so at most
 * once per change of the configuration, and not while packages are being installed or a dump is being saved.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/send-commands-reboot.html
 *
 * @example
 * new KdumpAssociation(this, 'Kdump', {
 *   targets: KdumpTargets.tag('Kdump', 'on'),
 *   rebootPolicy: RebootPolicy.inWindow({
 *     days: [DayOfWeek.SATURDAY, DayOfWeek.SUNDAY],
 *     start: '22:30', // UTC
 *     duration: Duration.hours(4),
 *   }),
 * });
 */
export class RebootPolicy {
  /**
   * Never reboots. The association configures the instance and fails with the state `reboot-required`; it turns to success on
   * its next run after somebody rebooted the instance.
   */
  public static never(): RebootPolicy {
    return new RebootPolicy('never');
  }

  /**
   * Reboots the instance as soon as a reboot is required.
   */
  public static whenRequired(): RebootPolicy {
    return new RebootPolicy('whenRequired');
  }

  /**
   * Reboots the instance when a reboot is required and a check of the association falls into the window. Until then the association
   * fails with the state `reboot-required`.
   *
   * @param window when it may be
   * @throws if the window has no day, no time of day such as `02:30`, or lasts less than an hour, more than a day or no whole minutes
   */
  public static inWindow(window: RebootWindow): RebootPolicy {
    const given = 'RebootPolicy.inWindow';
    const days = [...new Set(window.days ?? Object.values(DayOfWeek))].sort().join('');
    if (days === '') {
      throw new Error(`${given}: no day was given, so the window would never open. Name at least one, or leave days out for every day.`);
    }
    const time = /^([01][0-9]|2[0-3]):([0-5][0-9])$/.exec(window.start);
    if (!time) {
      throw new Error(`${given}: start is ${JSON.stringify(window.start)}, allowed is a time of day in UTC from 00:00 to 23:59. Write, for example, '02:30'.`);
    }
    if (window.duration.isUnresolved()) {
      throw new Error(`${given}: the duration is a token, but it is written into a program at synth. Give a literal Duration.`);
    }
    const minutes = window.duration.toMinutes({ integral: false });
    if (!Number.isInteger(minutes) || minutes < 60 || minutes > DAY_MINUTES) {
      throw new Error(`${given}: the window lasts ${minutes} minutes, allowed are whole minutes from 60 to ${DAY_MINUTES}.`
        + ' Instances are checked every half hour, and a shorter window may pass between two checks.');
    }
    return new RebootPolicy('inWindow', `${days} ${Number(time[1]) * 60 + Number(time[2])} ${minutes}`, minutes);
  }

  /**
   * The name by which the program knows the policy.
   *
   * @internal
   */
  public readonly _name: 'never' | 'whenRequired' | 'inWindow';

  /**
   * Days, opening minute of the day, minutes.
   *
   * @internal
   */
  public readonly _window?: string;

  /**
   * How long the window lasts.
   *
   * @internal
   */
  public readonly _windowMinutes?: number;

  private constructor(name: 'never' | 'whenRequired' | 'inWindow', window?: string, windowMinutes?: number) {
    this._name = name;
    this._window = window;
    this._windowMinutes = windowMinutes;
  }
}
