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

/** More than the kernel prints in one (LOG_LINE_MAX); somebody else's file may have any. */
const LONGEST_LINE = 2048;

/**
 * Reads a kernel log as `dmesg` and makedumpfile write it, where the format is as in kernel/printk/printk.c.
 */
export function readKernelLog(kernelLog: string): KernelLogLine[] {
  return kernelLog.split('\n').map(whole => {
    const line = whole.slice(0, LONGEST_LINE);
    const prefix = PREFIX.exec(line);
    return prefix ? { seconds: Number(prefix[1]), text: line.slice(prefix[0].length) } : { text: line };
  });
}

/** How the kernel says that it panics; the reason follows (kernel/panic.c). */
export const PANIC = /^Kernel panic - not syncing: /;

/** The head of an oops, of whatever kind: `Oops: 0002 [#1] SMP`, `divide error: 0000 [#1] SMP` (arch/x86/kernel/dumpstack.c). */
export const OOPS = /^\S.*: [0-9a-f]{4,16} \[#\d+\]/;

/**
 * The index of the line in which the kernel panicked last, or -1. With `panic_on_oops` an oops starts the capture kernel before a word of
 * a panic is printed (arch/x86/kernel/dumpstack.c, oops_end): such a log ends with the oops.
 */
export function lastPanic(lines: KernelLogLine[]): number {
  const last = (sign: RegExp) => lines.reduce((found, { text }, index) => sign.test(text) ? index : found, -1);
  const panic = last(PANIC);
  return panic < 0 ? last(OOPS) : panic;
}
