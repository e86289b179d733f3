/** What the reports count, in the namespace of the interrupts, with the dimension `service`: the name of the function that reports. */
export enum ResponseMetric {
  /** Incidents that were reported, also by the dimension `Outcome`. */
  RESPONSES = 'Responses',
  /** The size of a dump that was found, in bytes. */
  DUMP_BYTES = 'DumpBytes',
  /** From the interrupt until the instance was back. */
  SECONDS_TO_RETURN = 'SecondsToReturn',
}
