/**
 * Why an instance is not interrupted. The names are stable: they stand in logs, metrics and answers.
 */
export enum InterruptRefusal {
  /** The policy does not name this instance. */
  NOT_A_TARGET = 'NotATarget',
  /** The alarm that asks is not in ALARM, according to its event or by now, or it does not watch the instance. */
  NOT_IN_ALARM = 'NotInAlarm',
  /** The alarm is muted by a mute rule of CloudWatch, or its actions are disabled, or suppressed by its suppressor. */
  MUTED = 'Muted',
  /** The event is too old to say anything about the instance of now. */
  STALE_EVENT = 'StaleEvent',
  /** The instance is not in the state `running`. */
  NOT_RUNNING = 'NotRunning',
  /** AWS's side of the instance, or of a volume that is attached to it, has a fault; a dump of the guest would explain nothing. */
  SYSTEM_IMPAIRED = 'SystemImpaired',
  /** The instance answers EC2's instance status check, and no alarm that is trusted beyond it says otherwise. */
  RESPONSIVE = 'Responsive',
  /** The instance has not been unresponsive for long enough. Time may cure that: the function is run again. */
  IMPAIRED_TOO_SHORT = 'ImpairedTooShort',
  /** The instance is bare metal, for which nothing documents that the interrupt works. */
  BARE_METAL = 'BareMetal',
  /** The instance type is not built on Nitro. */
  UNSUPPORTED_INSTANCE_TYPE = 'UnsupportedInstanceType',
  /** The instance is not x86_64; Graviton has no diagnostic interrupt. */
  UNSUPPORTED_ARCHITECTURE = 'UnsupportedArchitecture',
  /**
   * The instance runs Windows, or the last run of the kdump association on it did not report that kdump is armed, or was too long ago, or
   * before the instance was started.
   */
  KDUMP_NOT_ARMED = 'KdumpNotArmed',
  /** The instance was interrupted not long ago; it may be dumping. */
  COOLING_DOWN = 'CoolingDown',
  /** As many instances were interrupted lately as the policy allows. */
  CIRCUIT_OPEN = 'CircuitOpen',
  /** Something that decides could not be learned, or is not understood. */
  EVIDENCE_MISSING = 'EvidenceMissing',
  /** All else would have allowed the interrupt, but the policy's mode is `dryRun`. */
  DRY_RUN = 'DryRun',
}
