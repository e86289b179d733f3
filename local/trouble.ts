import { LocalStand } from './stand';

const HANGS_WITHIN_MS = 60_000;
const STARVES_WITHIN_MS = 120_000;
/** So many minutes of AWS's without a heartbeat are silence: one may be late, and the next one with it. */
const SILENT_MINUTES = 3;

/** Hangs the machine: every CPU spins in the kernel with its interrupts off. Returns when it has stopped answering. */
export async function hang(stand: LocalStand): Promise<void> {
  const before = stand.vm.consoleLog().length;
  await runSoon(stand, 'modprobe cdi_hang');
  await stand.vm.waitForConsole(/cdi_hang: every CPU stops here/, HANGS_WITHIN_MS, before);
  while (await stand.machine.answersArp()) { /* asks again at once: each question waits for its answer */ }
}

/** Makes the kernel panic, as somebody at the machine's keyboard can. */
export function crash(stand: LocalStand): Promise<void> {
  return runSoon(stand, 'echo c > /proc/sysrq-trigger');
}

/**
 * Takes every CPU from user space: as many loops of real-time priority as there are CPUs, with the throttling of such off. Interrupts
 * still come, and so the kernel goes on to answer ARP, but no ordinary process runs any more. Returns when the instance's heartbeat
 * (mem_used_percent) has been silent for three of AWS's minutes and ARP still is answered.
 */
export async function starve(stand: LocalStand): Promise<void> {
  const { cloudwatch, clock } = stand.aws;
  const heartbeat = () => cloudwatch.lastPut('CWAgent', 'mem_used_percent', [{ Name: 'InstanceId', Value: stand.machine.instanceId }]);
  await stand.waitFor('a heartbeat of the instance before it is starved', heartbeat, STARVES_WITHIN_MS);
  await runSoon(stand, [
    'echo -1 > /proc/sys/kernel/sched_rt_runtime_us',
    // Linux 6.12 and later keep a part of each CPU for ordinary processes by another means, which only debugfs can switch off.
    'if [ -e /sys/kernel/debug/sched/fair_server ] || mount -t debugfs none /sys/kernel/debug; then '
      + 'for file in /sys/kernel/debug/sched/fair_server/cpu*/runtime; do if [ -e $file ]; then echo 0 > $file; fi; done; fi',
    // The kernel's own threads that finish what an interrupt has begun stay above the loops. Without them it would answer ARP until
    // the first of them has work, and then be as dead as a hung one.
    "for thread in $(pgrep '^(ksoftirqd|rcu_)'); do chrt --fifo --pid 99 $thread; done",
    // The shell that starts the loops has their priority too: it would not get far otherwise.
    "exec chrt --fifo 98 sh -c 'for cpu in $(seq $(nproc)); do while :; do :; done & done; wait'",
  ].join('; '));
  await stand.waitFor('the instance to be starved', () => Date.now() - heartbeat()!.getTime() > clock.minutes(SILENT_MINUTES), STARVES_WITHIN_MS);
  if (!await stand.machine.answersArp()) throw new Error('The instance is silent, but it does not answer ARP either: it is not only starved.');
}

/**
 * Runs what ends the machine, after the command that did it has ended and the agent's note of that is on the disk: a command that a
 * crash cuts off runs again.
 */
async function runSoon(stand: LocalStand, command: string): Promise<void> {
  await stand.runScript(`systemd-run --quiet --no-block sh -c ${quote(`sleep 1; sync; ${command}`)}`);
}

function quote(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}
