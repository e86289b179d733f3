/**
 * How an incident ended. The names are stable: they stand in events and metrics.
 */
export enum ResponseOutcome {
  /** What was to be brought is in the bucket. */
  COLLECTED = 'Collected',
  /** The instance was interrupted and is back; not all that was to be brought is in the bucket. */
  PARTLY_COLLECTED = 'PartlyCollected',
  /** The instance was not interrupted, for a reason by name (InterruptRefusal). */
  NOT_INTERRUPTED = 'NotInterrupted',
  /** The instance took no notice of the interrupts. */
  UNANSWERED = 'Unanswered',
  /** The instance was interrupted and did not come back in time, or is no longer running. */
  NOT_BACK = 'NotBack',
  /** The workflow was stopped, by hand or by its time-out, and another execution gave the instance back. */
  STOPPED = 'Stopped',
  /** A step of the workflow failed. */
  FAILED = 'Failed',
}
