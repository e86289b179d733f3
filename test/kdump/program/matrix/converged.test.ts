import { AMAZON_LINUX_2, DEBIAN_12, ROCKY_9, SLES_15 } from '../images';
import { Machine } from '../machine';

const BARE_READS = 'cat /proc/cmdline /sys/kernel/kexec_crash_loaded /sys/kernel/kexec_crash_size; /host/usr/sbin/sysctl -n kernel.unknown_nmi_panic';
const ROUNDS = 5;
const RUNS = 10;

/** Microseconds that one of each takes, in pairs. */
function pairs(machine: Machine): number[][] {
  const script = `
    timed() { i=0; before=$(date +%s%N); while [ $i -lt ${RUNS} ]; do sh "$1" > /dev/null 2>&1; i=$((i + 1)); done; echo $((($(date +%s%N) - before) / ${RUNS}000)); }
    round=0; while [ $round -lt ${ROUNDS} ]; do echo $(timed /bare-reads) $(timed /program); round=$((round + 1)); done`;
  machine.write('/bare-reads', `${BARE_READS}\n`);
  return machine.enter(['sh', '-c', script]).stdout.trim().split('\n').map(line => line.split(' ').map(Number));
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// Nothing here depends on time: the ratio is printed for who wants to know. What bounds it is the number of processes.
describe.each([DEBIAN_12, AMAZON_LINUX_2, ROCKY_9, SLES_15].map(image => [image.name, image] as const))('%s', (name, image) => {
  test('a run with nothing to do starts two processes', () => {
    const machine = new Machine(image);
    machine.run();
    machine.reboot();
    expect(machine.run().exitCode).toBe(0);
    const started = (command: string) => {
      const lastProcess = "$(cut -d' ' -f5 /proc/loadavg)";
      return Number(machine.enter(['sh', '-c', `before=${lastProcess}; ${command} > /dev/null 2>&1; echo $((${lastProcess} - before))`]).stdout);
    };
    expect(started('sh /program') - started(':')).toBe(3); // the shell itself, cat and df

    const measured = pairs(machine);
    const ratio = median(measured.map(([bare, program]) => program / bare));
    const milliseconds = (column: number) => (median(measured.map(pair => pair[column])) / 1000).toFixed(1);
    process.stdout.write(`${name}: a run with nothing to do costs ${ratio.toFixed(1)} times the bare reads`
      + ` (${milliseconds(1)} ms to ${milliseconds(0)} ms, medians of ${ROUNDS} rounds)\n`);
  });
});
