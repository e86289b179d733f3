import { Schedule } from 'aws-cdk-lib/aws-events';
import { KdumpOptions } from './kdump-options';
import { RateLimit } from './rate-limit';
import { RebootPolicy } from './reboot-policy';

/**
 * How much an instance that is not armed weighs in Systems Manager Compliance.
 */
export enum KdumpComplianceSeverity {
  /** Critical */
  CRITICAL = 'CRITICAL',
  /** High */
  HIGH = 'HIGH',
  /** Medium */
  MEDIUM = 'MEDIUM',
  /** Low */
  LOW = 'LOW',
  /** Unspecified */
  UNSPECIFIED = 'UNSPECIFIED',
}

/**
 * How State Manager keeps instances configured, whichever they are.
 */
export interface KdumpAssociationOptions extends KdumpOptions {
  /**
   * Whether instances may be rebooted to make a new reservation take effect.
   *
   * @default RebootPolicy.never()
   */
  readonly rebootPolicy?: RebootPolicy;

  /**
   * Puts back what the association changed on its instances, instead of configuring them: boot loader, kernel settings and settings
   * of kdump. What others changed since stays, and so do installed packages.
   *
   * Deploy with `true`, wait until the instances report the state `reverted`, then remove the construct. The association fails on every
   * instance meanwhile, because its success means that kdump is armed.
   *
   * @default false
   */
  readonly revert?: boolean;

  /**
   * How often each instance is checked, and configured again if it drifted: a rate of at least 30 minutes, or a cron expression without
   * months, which State Manager does not know in one. With `RebootPolicy.inWindow()` a rate must be shorter than the window. Besides, the
   * association runs when it is created or changed, and when a target comes online for the first time. A check with nothing to do changes
   * nothing.
   *
   * The status of the association is what the interrupt's decision rests on: after a reboot that arms kdump, it is up to date
   * only when the next check has run.
   *
   * @default Schedule.rate(Duration.minutes(30)), the shortest that State Manager takes
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
   */
  readonly schedule?: Schedule;

  /**
   * How many instances are configured, and with `RebootPolicy.whenRequired()` rebooted, at the same time.
   *
   * @default RateLimit.percentage(10)
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-state-manager-targets-and-rate-controls.html
   */
  readonly maxConcurrency?: RateLimit;

  /**
   * How many instances may fail before State Manager stops sending the program to further ones.
   *
   * @default - RateLimit.percentage(10) with RebootPolicy.whenRequired(). RateLimit.percentage(100) otherwise: there every instance
   * that still waits for its reboot counts as failed, and must not keep the others from being configured.
   */
  readonly maxErrors?: RateLimit;

  /**
   * How much an instance that is not armed weighs in Systems Manager Compliance.
   *
   * @default KdumpComplianceSeverity.HIGH
   */
  readonly complianceSeverity?: KdumpComplianceSeverity;
}
