/** The namespace of the metrics that the function publishes, each with the dimension `service`: the function's name. */
export const METRIC_NAMESPACE = 'CdkDiagnosticInterrupt';

/** What is counted. */
export enum InterruptMetric {
  /** Interrupts that EC2 accepted. */
  SENT = 'InterruptsSent',
  /** Refusals, also by the dimension `Reason`. */
  REFUSED = 'InterruptsRefused',
  /** Refusals because as many instances were interrupted lately as are allowed. */
  CIRCUIT_OPEN = 'CircuitOpen',
  /** Requests that failed, also by the dimension `ErrorName`. */
  ERRORS = 'Errors',
}
