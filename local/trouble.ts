import { LocalStand } from './stand';

const HANGS_WITHIN_MS = 60_000;

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
 * Runs what ends the machine, after the command that did it has ended and the agent's note of that is on the disk: a command that a
 * crash cuts off runs again.
 */
async function runSoon(stand: LocalStand, command: string): Promise<void> {
  await stand.runScript(`systemd-run --quiet --no-block sh -c "sleep 1; sync; ${command}"`);
}
