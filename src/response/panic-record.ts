/**
 * What a kernel log says about the panic that ended it.
 */
export interface PanicRecord {
  /**
   * The line in which the kernel panicked, without its time stamp.
   */
  readonly panic: string;

  /**
   * The first lines of the call trace that follows it, without their time stamps; empty where the log holds none.
   */
  readonly backtrace: string[];
}

const PANIC = /Kernel panic - not syncing: .*/;
// With CONFIG_PRINTK_CALLER the task or the CPU follows.
const TIME_STAMP = /^(<\d+>)?\[ *\d+\.\d+\](\[ *[TC]\d+\])? ?/;
const CALL_TRACE = /^\s*Call [Tt]race:\s*$/;
const BACKTRACE_HEAD = 12;

/**
 * Reads the last panic out of a kernel log (`dmesg`), where the kernel's printk format is as in kernel/panic.c and, for the
 * call trace, arch/x86/kernel/dumpstack.c.
 *
 * @returns undefined where the log records no panic
 */
export function readPanic(kernelLog: string): PanicRecord | undefined {
  const lines = kernelLog.split('\n').map(line => line.replace(TIME_STAMP, ''));
  const at = lines.reduce((last, line, index) => PANIC.test(line) ? index : last, -1);
  if (at < 0) {
    return undefined;
  }
  const after = lines.slice(at + 1);
  const trace = after.findIndex(line => CALL_TRACE.test(line));
  const frames = trace < 0 ? [] : after.slice(trace + 1);
  const end = frames.findIndex(line => !/^\s/.test(line) || line.trim() === '');
  return {
    panic: PANIC.exec(lines[at])![0],
    backtrace: frames.slice(0, end < 0 ? BACKTRACE_HEAD : Math.min(end, BACKTRACE_HEAD)).map(line => line.trim()),
  };
}
