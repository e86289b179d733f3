import { Playbook } from './ansible';
import { atMost, fasterBy, Measurement, Row } from './row';
import { inTurns } from './turns';
import { DEBIAN_12, ROCKY_9, SLES_15 } from '../kdump/program/images';
import { keep, Machine } from '../kdump/program/machine';

const IMAGES = [DEBIAN_12, ROCKY_9, SLES_15];
const BARE_READS = 'cat /proc/cmdline /sys/kernel/kexec_crash_loaded /sys/kernel/kexec_crash_size && /host/usr/sbin/sysctl -n kernel.unknown_nmi_panic';
const ROUNDS = 15;
/** In a row, since one alone is too short for the clock of a shell. */
const RUNS = 10;
const ANSIBLE_ROUNDS = 2;

/**
 * Milliseconds that one of each takes in the sandbox, in pairs: the program, and the reads alone; who goes first takes turns.
 *
 * @throws when a run ends with anything but 0
 */
function pairs(machine: Machine, rounds: number): [number, number][] {
  const script = `
    timed() {
      i=0; before=$(date +%s%N)
      while [ $i -lt ${RUNS} ]; do sh "$1" > /dev/null 2>&1 || { echo "$1 ended with $?" >&2; exit 1; }; i=$((i + 1)); done
      echo $((($(date +%s%N) - before) / ${RUNS}000))
    }
    set -e; round=0
    while [ $round -lt ${rounds} ]; do
      [ $((round % 2)) = 1 ] || ours=$(timed /program)
      theirs=$(timed /bare-reads)
      [ $((round % 2)) = 0 ] || ours=$(timed /program)
      echo $ours $theirs; round=$((round + 1))
    done`;
  machine.write('/bare-reads', `${BARE_READS}\n`);
  const { status, stdout, stderr } = machine.enter(['sh', '-c', script]);
  if (status !== 0) throw new Error(`A timed run on a machine where there is nothing to do failed: ${stderr.trim() || `exit code ${status}`}`);
  return stdout.trim().split('\n').map(said => said.split(' ').map(microseconds => Number(microseconds) / 1000) as [number, number]);
}

async function measure(say: (progress: string) => void): Promise<Measurement> {
  const against: Record<string, Measurement['against'][string]> = {};
  const playbook = await Playbook.provide(say);
  const withPlaybook: [number, number][] = [];
  try {
    for (const image of IMAGES) {
      const machine = keep(new Machine(image));
      try {
        machine.run();
        machine.reboot();
        const { exitCode, status } = machine.run();
        if (exitCode !== 0 || status.changed.length > 0) throw new Error(`${image.name}: the second run was to change nothing: ${JSON.stringify(status)}`);
        against[image.name] = { unit: 'ms', pairs: pairs(machine, ROUNDS) };
        for (let round = 0; round < ANSIBLE_ROUNDS; round++) {
          const { ours, theirs } = await inTurns(round, { ours: () => pairs(machine, 1)[0][0], theirs: () => playbook.apply() });
          if (theirs.changed > 0) throw new Error('The playbook was to change nothing when it is applied again.');
          withPlaybook.push([ours, theirs.ms]);
        }
        say(`${image.name}: done`);
      } finally {
        machine.dispose();
      }
    }
  } finally {
    playbook.remove();
  }
  return {
    against: { ...against, playbook: { unit: 'ms', pairs: withPlaybook } },
    notes: [
      'The playbook is not the role linux-system-roles/kdump, which the package `ansible` of PyPI does not bring along, nor does any of Debian 12. It is what stands in its place here: ansible-core'
        + ' with its own modules (package_facts, service_facts, file, lineinfile, copy, slurp, stat) on this machine, applied again when nothing is to be'
        + ' changed. The role does more than it.',
    ],
  };
}

export const converged: Row = {
  name: 'converged',
  what: 'The association\'s program on a machine where there is nothing to do, in the sandbox of three families.',
  baselines: {
    ...Object.fromEntries(IMAGES.map(({ name }) => [name, { what: `the bare reads of the same state, ${name}`, goal: atMost(5) }])),
    playbook: { what: 'an Ansible playbook, applied again (not the role, see below)', goal: fasterBy(50) },
  },
  measure,
};
