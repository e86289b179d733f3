/**
 * Defines whether the association may reboot an instance, which a new `crashkernel=` needs to take effect.
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
   * Reboots the instance as soon as a reboot is required, at most once per change of the configuration.
   *
   * The program leaves with exit code 194, upon which the SSM agent reboots the instance and runs the program again.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/send-commands-reboot.html
   */
  public static whenRequired(): RebootPolicy {
    return new RebootPolicy('whenRequired');
  }

  /**
   * @internal
   */
  public readonly _name: 'never' | 'whenRequired';

  private constructor(name: 'never' | 'whenRequired') {
    this._name = name;
  }
}
