import { KernelLogLine, lastPanic, OOPS, PANIC, readKernelLog } from './kernel-log';

/**
 * What a hang most probably came from, as far as the kernel said so before it panicked.
 */
export enum CauseClass {
  /** The kernel stumbled over a bug of its own, or of a module. */
  KERNEL_BUG = 'KernelBug',
  /** A CPU took no interrupts for longer than the watchdog allows. */
  HARD_LOCKUP = 'HardLockup',
  /** The memory of the machine ran out. */
  OUT_OF_MEMORY = 'OutOfMemory',
  /** A disk or a file system failed or did not answer. */
  IO_STALL = 'IoStall',
  /** Process numbers, open files or tracked connections ran out. */
  OUT_OF_RESOURCES = 'OutOfResources',
  /** A CPU did not leave the kernel for longer than the watchdog allows. */
  SOFT_LOCKUP = 'SoftLockup',
  /** A CPU held up read-copy-update. */
  RCU_STALL = 'RcuStall',
  /** A task waited without being woken. */
  HUNG_TASK = 'HungTask',
}

/**
 * The class and what speaks for it.
 */
export interface ProbableCause {
  readonly cause: CauseClass;
  /** The first line that speaks for it. */
  readonly line: string;
  /** How many lines do. */
  readonly count: number;
  /** How long before the panic the first of them was; undefined where the log holds no times. */
  readonly secondsBeforePanic?: number;
}

/** What lies further back has been survived. */
const RECENT_SECONDS = 3600;

/**
 * In the order in which one brings about the next: a disk that does not answer leaves tasks hung, and not the other way round. The
 * wording is that of the kernel file beside it, 4.14 to 6.12.
 */
const SIGNS: [CauseClass, RegExp[]][] = [
  [CauseClass.KERNEL_BUG, [
    /^kernel BUG at /, // lib/bug.c
    /^BUG: (unable to handle|kernel NULL pointer|scheduling while atomic|spinlock )/, // arch/x86/mm/fault.c, kernel/sched/core.c
    /^(Oops|general protection fault|stack segment|double fault)\b/, // arch/x86/kernel/traps.c
    OOPS,
  ]],
  [CauseClass.HARD_LOCKUP, [/Watchdog detected hard LOCKUP/]], // kernel/watchdog.c
  // Not that of a control group, nor a failed allocation: machines live with either.
  [CauseClass.OUT_OF_MEMORY, [/^Out of memory\b/, /^System is deadlocked on memory/]], // mm/oom_kill.c
  [CauseClass.IO_STALL, [
    /^nvme nvme\d+: I\/O .*\btimeout, /, // drivers/nvme/host/pci.c
    /^((blk_update_request|print_req_error): )?I\/O error, dev /, // block/blk-core.c
    /^(EXT4-fs error|XFS \(.*\): .*(Corruption|I\/O [Ee]rror|[Ss]hutting down)|BTRFS (error|critical))/,
    /^nfs: server .* not responding/, // fs/nfs, net/sunrpc/clnt.c
  ]],
  [CauseClass.SOFT_LOCKUP, [/BUG: soft lockup - CPU#\d+ stuck for /]], // kernel/watchdog.c
  [CauseClass.RCU_STALL, [/INFO: rcu_\w+ (self-detected stall|detected stalls|detected expedited stalls) on /]], // kernel/rcu/tree_stall.h
  [CauseClass.HUNG_TASK, [/^INFO: task .* blocked (in I\/O wait )?for more than \d+ seconds/]], // kernel/hung_task.c
  // Last, since they leave no CPU and no task stuck: a container at its limit goes before many a hang that has nothing to do with it.
  [CauseClass.OUT_OF_RESOURCES, [
    /^cgroup: fork rejected by pids controller/, // kernel/cgroup/pids.c
    /^VFS: file-max limit \d+ reached/, // fs/file_table.c
    /nf_conntrack: table full, dropping packet/, // net/netfilter/nf_conntrack_core.c
  ]],
];

/**
 * Reads out of the kernel log of a panic what it most probably came from. A panic that an NMI brought about is no cause by itself: what
 * counts is what the kernel complained of in the hour before.
 *
 * @returns undefined where the log has no panic, or names nothing: the backtrace is then what there is
 */
export function findProbableCause(kernelLog: string): ProbableCause | undefined {
  const lines = readKernelLog(kernelLog);
  const panic = lastPanic(lines);
  if (panic < 0) return undefined;
  const { seconds: end } = lines[panic];
  const age = ({ seconds }: KernelLogLine) => end === undefined || seconds === undefined ? undefined : end - seconds;
  const recent = lines.slice(0, panic + 1).filter(line => (age(line) ?? 0) <= RECENT_SECONDS);
  // A watchdog that panics by itself names what it saw in the line of the panic.
  const said = recent.map(line => ({ ...line, text: line.text.replace(PANIC, '') }));
  for (const [cause, signs] of SIGNS) {
    const found = said.filter(({ text }) => signs.some(sign => sign.test(text)));
    if (found.length > 0) return { cause, line: found[0].text, count: found.length, secondsBeforePanic: age(found[0]) };
  }
  return undefined;
}
