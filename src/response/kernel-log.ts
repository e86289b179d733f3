/**
 * A line of a kernel log (`dmesg`).
 */
export interface KernelLogLine {
  /** Seconds since boot; undefined where the line holds no time. */
  readonly seconds?: number;
  /** What the kernel said, without level, time and caller. */
  readonly text: string;
}

// The task or the CPU follows with CONFIG_PRINTK_CALLER, and always where makedumpfile reads the log out of a dump.
const PREFIX = /^(?:<\d+>)?\[ *(\d+\.\d+)\](?: ?\[ *[TC]\d+\])? ?/;

/**
 * Reads a kernel log as `dmesg` and makedumpfile write it, where the format is as in kernel/printk/printk.c.
 */
export function readKernelLog(kernelLog: string): KernelLogLine[] {
  return kernelLog.split('\n').map(line => {
    const prefix = PREFIX.exec(line);
    return prefix ? { seconds: Number(prefix[1]), text: line.slice(prefix[0].length) } : { text: line };
  });
}

/** How the kernel says that it panics; the reason follows (kernel/panic.c). */
export const PANIC = /^Kernel panic - not syncing: /;

/** The index of the line in which the kernel panicked last, or -1. */
export function lastPanic(lines: KernelLogLine[]): number {
  return lines.reduce((last, { text }, index) => PANIC.test(text) ? index : last, -1);
}
