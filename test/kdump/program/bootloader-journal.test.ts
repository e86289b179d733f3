import { commandLines, expectNothingBeside } from './grub-files';
import { AMAZON_LINUX_1, DEBIAN_12, Image, RHEL_9, SLES_15 } from './images';
import { Machine } from './machine';

let machine: Machine;

describe('a file system whose journal GRUB does not replay', () => {
  const freezes = () => machine.log().filter(each => each.startsWith('fsfreeze'));

  test.each([[AMAZON_LINUX_1, '/boot/grub'], [DEBIAN_12, '/boot/grub'], [SLES_15, '/boot/grub2']].map(([image, directory]) =>
    [(image as Image).name, image as Image, directory as string] as const))(
    'is frozen and thawed around the change: %s', (_name, image, directory) => {
      machine = new Machine(image);
      machine.run();
      const pair = [`fsfreeze -f ${directory}`, `fsfreeze -u ${directory}`];
      expect(freezes()).toEqual([...pair, ...pair]);
      expectNothingBeside(machine, directory);
      machine.forgetLog();
      machine.run();
      expect(freezes()).toEqual([]);
    });

  // Whoever writes waits while it freezes, which first writes out all that is not on the disk yet (freeze_super in fs/super.c).
  test.each([['sync -f /boot/grub', ''], ['sync', '[ "$1" != -f ] || exit 1']])('is written out before it is frozen: %s', (sync, before8_24) => {
    machine = new Machine(DEBIAN_12);
    machine.breakCommand('sync', `${before8_24}\necho sync $* >> /stand-in/log\nexec sync.intact "$@"`);
    expect(machine.run().exitCode).toBe(20);
    const log = machine.log();
    const frozen = log.flatMap((each, index) => each === 'fsfreeze -f /boot/grub' ? [log[index - 1]] : []);
    expect(frozen).toEqual([sync, sync]);
  });

  test.each(['btrfs', 'msdos', 'UNKNOWN (0x1234)'])('is not %s', kind => {
    machine = new Machine(DEBIAN_12);
    machine.write('/stand-in/filesystem', `${kind}\n`);
    expect(machine.run().exitCode).toBe(20);
    expect(freezes()).toEqual([]);
    expect(commandLines(machine, DEBIAN_12)[0]).toContain('crashkernel=256M');
  });

  test.each(['fsfreeze', 'setsid'])('has the new file all the same on a machine without %s', command => {
    machine = new Machine(DEBIAN_12);
    machine.breakCommand(command);
    expect(machine.run().exitCode).toBe(20);
    expect(commandLines(machine, DEBIAN_12)[0]).toContain('crashkernel=256M');
    expectNothingBeside(machine, '/boot/grub');
  });

  test.each(['Operation not supported', 'Device or resource busy'])('has the new file all the same when freezing fails: %s', error => {
    machine = new Machine(DEBIAN_12);
    machine.breakCommand('fsfreeze', `echo "fsfreeze $*" >> /stand-in/log; echo "fsfreeze: $2: freeze failed: ${error}" >&2; exit 1`);
    expect(machine.run().exitCode).toBe(20);
    expect(freezes()).toEqual(['fsfreeze -f /boot/grub', 'fsfreeze -f /boot/grub']);
    expect(commandLines(machine, DEBIAN_12)[0]).toContain('crashkernel=256M');
  });

  // Standard error may be a file on what is frozen, and whoever writes to it waits for the thaw.
  test('is thawed in the end, and nothing is written meanwhile', () => {
    machine = new Machine(DEBIAN_12);
    machine.breakCommand('fsfreeze', `[ "$1" = -f ] || { echo try >> /stand-in/tries; [ $(wc -l < /stand-in/tries) -gt 3 ] || { echo "not thawed" >&2; exit 1; }; }
      exec fsfreeze.intact "$@"`);
    const { exitCode, stderr } = machine.run();
    expect(exitCode).toBe(20);
    expect(stderr).not.toContain('not thawed');
    expect(machine.read('/stand-in/tries')).toBe('try\n'.repeat(5));
    expect(machine.exists('/stand-in/frozen')).toBe(false);
  });

  test.each([['killed', 'kill -KILL $PPID'], ['refused', 'exit 1']])(
    'is frozen and thawed before an old file goes when the second of two cannot be renamed: %s', (_how, end) => {
      machine = new Machine({ ...RHEL_9, olderKernels: ['5.14.0-100.el9.x86_64'] });
      const mend = machine.breakCommand('mv', `case $3 in
        /boot/loader/*${RHEL_9.kernel}.conf) ${end} ;;
        /boot/loader/*) echo "mv $3" >> /stand-in/log ;;
      esac
      exec mv.intact "$@"`);
      machine.breakCommand('rm', 'case $* in *.old) [ ! -e "$2" ] || echo "rm" >> /stand-in/log ;; esac\nexec rm.intact "$@"');
      expect(machine.run().exitCode).not.toBe(20);
      mend();
      machine.run();
      const pair = ['fsfreeze -f /boot/loader/entries', 'fsfreeze -u /boot/loader/entries'];
      const steps = machine.log().filter(each => /^(mv|rm|fsfreeze)/.test(each));
      expect(steps.slice(0, 7)).toEqual([...pair, expect.stringMatching(/^mv .*-100\.el9/), ...pair, 'rm', 'rm']);
      expectNothingBeside(machine, '/boot/loader/entries');
    });
});
