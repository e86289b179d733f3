import { CauseClass, findProbableCause } from '../../src/response/probable-cause';

/** The lines that a kernel wrote, each at its second, and the panic by an NMI at second 10,000. */
function log(...lines: [seconds: number, text: string][]): string {
  return [...lines, [10_000, 'Kernel panic - not syncing: NMI: Not continuing'] as const]
    .map(([seconds, text]) => `[${seconds.toFixed(6).padStart(12)}] ${text}\n`).join('');
}

// The wording of the kernels that are supported, as each prints it.
test.each<[CauseClass, string]>([
  [CauseClass.KERNEL_BUG, 'kernel BUG at fs/ext4/inode.c:2721!'],
  [CauseClass.KERNEL_BUG, 'BUG: unable to handle page fault for address: ffffffffc03b7ff7'],
  [CauseClass.KERNEL_BUG, 'BUG: unable to handle kernel NULL pointer dereference at 0000000000000008'],
  [CauseClass.KERNEL_BUG, 'BUG: kernel NULL pointer dereference, address: 0000000000000010'],
  [CauseClass.KERNEL_BUG, 'general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP NOPTI'],
  [CauseClass.KERNEL_BUG, 'Oops: general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP NOPTI'],
  [CauseClass.KERNEL_BUG, 'divide error: 0000 [#1] SMP PTI'],
  [CauseClass.HARD_LOCKUP, 'NMI watchdog: Watchdog detected hard LOCKUP on cpu 10'],
  [CauseClass.HARD_LOCKUP, 'watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 3'],
  [CauseClass.OUT_OF_MEMORY, 'Out of memory: Killed process 4711 (java) total-vm:9063316kB, anon-rss:7521312kB, file-rss:0kB'],
  [CauseClass.OUT_OF_MEMORY, 'Out of memory: Kill process 4711 (java) score 912 or sacrifice child'],
  [CauseClass.IO_STALL, 'nvme nvme0: I/O 641 QID 8 timeout, aborting'],
  [CauseClass.IO_STALL, 'nvme nvme0: I/O tag 641 (c281) opcode 0x1 (I/O Cmd) QID 8 timeout, aborting req_op:WRITE(1) size:4096'],
  [CauseClass.IO_STALL, 'blk_update_request: I/O error, dev nvme1n1, sector 2048 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 0'],
  [CauseClass.IO_STALL, 'print_req_error: I/O error, dev nvme1n1, sector 66264 flags 3000'],
  [CauseClass.IO_STALL, 'EXT4-fs error (device nvme0n1p1): ext4_find_entry:1455: inode #2: comm bash: reading directory lblock 0'],
  [CauseClass.IO_STALL, 'XFS (nvme0n1p1): log I/O error -5'],
  [CauseClass.IO_STALL, 'nfs: server 10.0.0.7 not responding, still trying'],
  [CauseClass.OUT_OF_RESOURCES, 'cgroup: fork rejected by pids controller in /user.slice/user-1000.slice'],
  [CauseClass.OUT_OF_RESOURCES, 'VFS: file-max limit 97834 reached'],
  [CauseClass.OUT_OF_RESOURCES, 'nf_conntrack: nf_conntrack: table full, dropping packet'],
  [CauseClass.SOFT_LOCKUP, 'watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [kworker/1:2:4711]'],
  [CauseClass.SOFT_LOCKUP, 'NMI watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [modprobe:812]'],
  [CauseClass.RCU_STALL, 'rcu: INFO: rcu_sched self-detected stall on CPU'],
  [CauseClass.RCU_STALL, 'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:'],
  [CauseClass.RCU_STALL, 'INFO: rcu_sched detected stalls on CPUs/tasks:'],
  [CauseClass.RCU_STALL, 'rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 3-.... } 26 jiffies s: 65 root: 0x8/.'],
  [CauseClass.HUNG_TASK, 'INFO: task jbd2/nvme0n1p1-:312 blocked for more than 122 seconds.'],
])('reads %s out of: %s', (cause, line) => {
  expect(findProbableCause(log([9_900, line]))).toEqual({ cause, line, count: 1, secondsBeforePanic: 100 });
});

test('names what brings about the rest, and counts what speaks for it', () => {
  const kernelLog = log(
    [9_700, 'INFO: task mysqld:900 blocked for more than 120 seconds.'],
    [9_750, 'watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [kworker/1:2:4711]'],
    [9_800, 'nvme nvme0: I/O 1 QID 8 timeout, aborting'],
    [9_830, 'nvme nvme0: I/O 1 QID 8 timeout, reset controller'],
  );
  expect(findProbableCause(kernelLog)).toEqual({
    cause: 'IoStall', line: 'nvme nvme0: I/O 1 QID 8 timeout, aborting', count: 2, secondsBeforePanic: 200,
  });
});

test('refuses to blame a container at its limit for a CPU that is stuck', () => {
  const kernelLog = log(
    [7_000, 'cgroup: fork rejected by pids controller in /kubepods/burstable/pod1'],
    [9_750, 'watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [kworker/1:2:4711]'],
  );
  expect(findProbableCause(kernelLog)).toMatchObject({ cause: CauseClass.SOFT_LOCKUP });
});

test('takes what a watchdog that panics says in the line of the panic', () => {
  const kernelLog = '[  400.000000] Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled\n';
  expect(findProbableCause(kernelLog)).toMatchObject({ cause: CauseClass.OUT_OF_MEMORY, secondsBeforePanic: 0 });
});

test('takes the oops in which a kernel ends that dumps without a word of a panic', () => {
  const kernelLog = '[  399.000000] nvme nvme0: I/O 1 QID 8 timeout, aborting\n'
    + '[  400.000000] BUG: kernel NULL pointer dereference, address: 0000000000000010\n[  400.000001] Oops: 0000 [#1] SMP PTI\n';
  expect(findProbableCause(kernelLog)).toMatchObject({
    cause: CauseClass.KERNEL_BUG, line: 'BUG: kernel NULL pointer dereference, address: 0000000000000010', count: 2,
  });
});

test('a line without end, in the place of a kernel log, takes no time', () => {
  const kernelLog = `XFS (${'): '.repeat(300_000)}\n[  400.000000] Kernel panic - not syncing: NMI: Not continuing\n`;
  const begun = performance.now();
  expect(findProbableCause(kernelLog)).toBeUndefined();
  // It took a minute and more, and the function has half of one.
  expect(performance.now() - begun).toBeLessThan(5_000);
});

test('leaves out what lies more than an hour back, or after the panic', () => {
  const hung = 'INFO: task mysqld:900 blocked for more than 120 seconds.';
  expect(findProbableCause(log([6_399, hung]))).toBeUndefined();
  expect(findProbableCause(log([6_401, hung]))).toBeDefined();
  expect(findProbableCause(`${log()}[10001.000000] ${hung}\n`)).toBeUndefined();
});

test('reads a log without times', () => {
  expect(findProbableCause('INFO: task a:1 blocked for more than 120 seconds.\nKernel panic - not syncing: NMI: Not continuing\n'))
    .toEqual({ cause: CauseClass.HUNG_TASK, line: 'INFO: task a:1 blocked for more than 120 seconds.', count: 1, secondsBeforePanic: undefined });
});

test.each([
  ['a control group that is out of memory', 'Memory cgroup out of memory: Killed process 4711 (java) total-vm:9063316kB'],
  ['a failed allocation', 'ksoftirqd/0: page allocation failure: order:2, mode:0x40a20(GFP_ATOMIC|__GFP_COMP), nodemask=(null)'],
  ['a disk that merely says its time-out', 'nvme nvme0: Shutdown timeout set to 10 seconds'],
  ['what a user wrote', 'my-app: INFO: task a:1 blocked for more than 120 seconds.'],
])('refuses to take %s for the cause', (_, line) => {
  expect(findProbableCause(log([9_999, line]))).toBeUndefined();
});

test('refuses to name a cause where there was no panic', () => {
  expect(findProbableCause('')).toBeUndefined();
  expect(findProbableCause('[ 1.0] INFO: task a:1 blocked for more than 120 seconds.\n')).toBeUndefined();
});
