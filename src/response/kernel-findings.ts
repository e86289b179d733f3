import { PanicRecord, readPanic } from './panic-record';
import { findProbableCause, ProbableCause } from './probable-cause';

/** What the kernel log says. */
export interface KernelFindings {
  readonly panic?: PanicRecord;
  readonly cause?: ProbableCause;
  /** Why the log could not be read. */
  readonly unread?: string;
}

export function readFindings(kernelLog: string): KernelFindings {
  const panic = readPanic(kernelLog);
  const cause = findProbableCause(kernelLog);
  return { ...panic && { panic }, ...cause && { cause } };
}
