import { lastPanic, readKernelLog } from './kernel-log';

/**
 * What a kernel log says about the panic that ended it.
 */
export interface PanicRecord {
  /**
   * The line in which the kernel panicked, without its time stamp; the head of the oops where that was the end.
   */
  readonly panic: string;

  /**
   * The first frames of the call trace that follows it, and where each stack was entered; empty where the log holds none.
   */
  readonly backtrace: string[];
}

const CALL_TRACE = /^\s*Call Trace:\s*$/i;
/** A frame, or the mark of a stack such as `<NMI>`; and where the CPU was when an NMI or a trap came. */
const FRAME = /^\s+\S|^RIP: /;
/** What the stack unwinder is not sure of. */
const GUESS = /^\s+\? /;
/** Registers and code bytes between the frames. */
const REGISTERS = /^(Code|[A-Z][A-Z0-9]{1,2}):/;
const BACKTRACE_HEAD = 16;

/**
 * Reads the last panic out of a kernel log (`dmesg`), where the kernel's printk format is as in kernel/panic.c and, for the
 * call trace, arch/x86/kernel/dumpstack.c.
 *
 * @returns undefined where the log records no panic
 */
export function readPanic(kernelLog: string): PanicRecord | undefined {
  const log = readKernelLog(kernelLog);
  const at = lastPanic(log);
  if (at < 0) {
    return undefined;
  }
  const after = log.slice(at + 1).map(({ text }) => text);
  const trace = after.findIndex(line => CALL_TRACE.test(line));
  const stack = trace < 0 ? [] : after.slice(trace + 1);
  const end = stack.findIndex(line => !FRAME.test(line) && !REGISTERS.test(line));
  const frames = stack.slice(0, end < 0 ? undefined : end).filter(line => FRAME.test(line) && !GUESS.test(line));
  return { panic: log[at].text, backtrace: frames.slice(0, BACKTRACE_HEAD).map(line => line.trim()) };
}
