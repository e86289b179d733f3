import { CfnResource, Token } from 'aws-cdk-lib';
import { CfnCompositeAlarm, IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { requireInstanceAlarm } from './require-instance-alarm';

const LONGEST_REASON = 500;

/**
 * Defines on what occasion an InterruptTrigger has an instance interrupted.
 */
export class InterruptOccasion {
  /**
   * The instance hangs now: the alarm is in ALARM, and everything else speaks for an interrupt, too. Otherwise it is refused.
   *
   * @param alarm a metric alarm that watches the instance, by an `InstanceId` among its dimensions. A composite alarm does not
   * name the instance; give the alarm below it.
   * @throws if it is one of those
   */
  public static alarm(alarm: IAlarm): InterruptOccasion {
    const { defaultChild } = alarm.node;
    if (CfnResource.isCfnResource(defaultChild) && defaultChild.cfnResourceType === CfnCompositeAlarm.CFN_RESOURCE_TYPE_NAME) {
      throw new Error(`InterruptOccasion.alarm: ${alarm.node.path} is a composite alarm, which does not say about which instance it is; a metric`
        + ' alarm with the dimension InstanceId is allowed. Give the one of its alarms that watches the instance.');
    }
    requireInstanceAlarm('InterruptOccasion.alarm', alarm);
    return new InterruptOccasion(alarm, undefined);
  }

  /**
   * A game day: the instance may well be healthy, and is crashed all the same to see that a dump is written and that everybody knows
   * what to do. All other conditions of the interrupt hold: it is a target, runs, has kdump armed, was not interrupted within the
   * cooldown, and the circuit breaker is closed.
   *
   * Game days become possible for the whole DiagnosticInterrupt as long as there is such a trigger: whoever may invoke its function can
   * ask for one. Take the trigger out of the stack when the day is over.
   *
   * @param reason what it is for, 1 to 500 characters; it stands in the log
   * @throws if it is empty or longer
   */
  public static gameDay(reason: string): InterruptOccasion {
    const length = typeof reason === 'string' && reason.trim() !== '' ? reason.length : 0;
    if (!Token.isUnresolved(reason) && (length < 1 || length > LONGEST_REASON)) {
      throw new Error(`InterruptOccasion.gameDay: a reason of ${length} characters was given; 1 to ${LONGEST_REASON} are allowed.`
        + ' Say what the game day is for.');
    }
    return new InterruptOccasion(undefined, reason);
  }

  private constructor(
    /** @internal */
    public readonly _alarm: IAlarm | undefined,
    /** @internal */
    public readonly _gameDay: string | undefined,
  ) {
  }
}
