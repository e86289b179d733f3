/**
 * Whether interrupts are sent.
 */
export enum InterruptMode {
  /** Interrupts are sent when the verdict says so. */
  ARMED = 'armed',
  /** Everything is decided and logged, but no interrupt is sent: each verdict that would be yes becomes the refusal `DryRun`. */
  DRY_RUN = 'dryRun',
}

/**
 * What is done about an instance that hangs and on which kdump is not known to be armed.
 */
export enum WhenNotArmed {
  /** It is left alone: an interrupt would cost a reboot and yield no dump. */
  REFUSE = 'refuse',
  /** It is interrupted all the same: the panic at least reboots it (`kernel.panic`), where the sysctl for unknown NMIs is set. */
  INTERRUPT = 'interrupt',
}
