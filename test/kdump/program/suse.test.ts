import { Image, LEAP_15, LEAP_16, SLES_12, SLES_15, SLES_15_ARM, SLES_16 } from './images';
import { Machine } from './machine';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

let machine: Machine;

function crashKernelWords(): string[] {
  return machine.read('/kernel/cmdline').match(/crashkernel=\S+/g) ?? [];
}

function setting(name: string): string | undefined {
  return new RegExp(`^${name}="?(.*?)"?$`, 'm').exec(machine.read('/etc/sysconfig/kdump'))?.[1];
}

describe('the size that kdumptool works out', () => {
  test.each<[string, Image, number, string[], number]>([
    ['SLES 12', SLES_12, 8, ['crashkernel=180M,high', 'crashkernel=72M,low'], 252],
    ['SLES 15', SLES_15, 8, ['crashkernel=180M,high', 'crashkernel=72M,low'], 252],
    ['SLES 15 with all of its memory below 4 GiB', SLES_15, 2, ['crashkernel=188M,high'], 188],
    ['SLES 15 on arm64', SLES_15_ARM, 8, ['crashkernel=272M'], 272],
    ['SLES 16', SLES_16, 8, ['crashkernel=180M,high', 'crashkernel=72M,low'], 252],
    ['Leap 15', LEAP_15, 8, ['crashkernel=180M,high', 'crashkernel=72M,low'], 252],
  ])('is what %s boots with', (_name, image, gib, words, reservedMib) => {
    machine = new Machine(image, { memory: gib * GIB });
    expect(machine.run({ crashKernel: 'auto' }).exitCode).toBe(20);
    machine.reboot();
    expect(crashKernelWords()).toEqual(words);
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', reservedBytes: reservedMib * MIB } });
  });

  test('is asked for once: another answer later wants no reboot', () => {
    machine = new Machine(SLES_15, { memory: 8 * GIB });
    machine.run({ crashKernel: 'auto' });
    machine.reboot();
    machine.write('/stand-in/calibrate-drift', '30\n');
    expect(machine.run({ dumpLevel: 17 })).toMatchObject({ exitCode: 0, status: { state: 'armed', crashkernelWanted: '180M,high 72M,low' } });
  });

  test('is asked for again on a machine of another size', () => {
    machine = new Machine(SLES_15_ARM, { memory: 8 * GIB });
    machine.run({ crashKernel: 'auto' });
    machine.memory = 64 * GIB;
    machine.reboot();
    machine.write('/stand-in/calibrate-drift', '100\n');
    expect(machine.run()).toMatchObject({ exitCode: 20, status: { crashkernelWanted: '372M' } });
  });
});

describe('kdump 2.1, which changes the boot loader by itself', () => {
  test.each<[string, Image]>([['Leap 16', LEAP_16], ['SLES 16', SLES_16]])('finds nothing to change on %s', (_name, image) => {
    machine = new Machine(image, { memory: 8 * GIB });
    machine.run({ crashKernel: 'auto' });
    expect(setting('KDUMP_CRASHKERNEL')).toBe('crashkernel=180M,high crashkernel=72M,low');
    expect(machine.exists('/stand-in/systemd/enabled/kdump-commandline')).toBe(true);
    machine.reboot();
    const before = machine.snapshot();
    expect(machine.enter(['systemctl', 'restart', 'kdump-commandline']).status).toBe(0);
    expect(machine.snapshot()).toEqual(before);
    expect(machine.log().filter(each => each.startsWith('pbl'))).toEqual([]);
  });

  test('and what pbl writes for others does not count, nor stay', () => {
    machine = new Machine(LEAP_16, { memory: 8 * GIB });
    machine.run({ crashKernel: '256M' });
    machine.enter(['pbl', '--add-option', 'crashkernel=1G', '--add-option', 'quiet', '--config']);
    machine.reboot();
    expect(crashKernelWords()).toEqual(['crashkernel=256M']);
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  });

  test('gets its own value back from a revert', () => {
    machine = new Machine(SLES_16);
    machine.run();
    machine.reboot();
    expect(machine.run({ action: 'revert' }).exitCode).toBe(27);
    expect(setting('KDUMP_CRASHKERNEL')).toBe('auto');
  });
});

describe('the options of a dump', () => {
  test.each<[string, Image, string]>([['SLES 12 has no zstd', SLES_12, 'compressed'], ['SLES 15', SLES_15, 'zstd'], ['SLES 16', SLES_16, 'zstd']])(
    '%s', (_name, image, format) => {
      machine = new Machine(image);
      machine.run({ dumpPath: '/srv/dumps', dumpLevel: 17, compression: 'zstd', dumpsToKeep: 3 });
      expect([setting('KDUMP_SAVEDIR'), setting('KDUMP_DUMPLEVEL'), setting('KDUMP_DUMPFORMAT'), setting('KDUMP_KEEP_OLD_DUMPS')])
        .toEqual(['/srv/dumps', '17', format, '2']);
    });

  // -1, for no old dump at all, is known to the program in C++ alone; the scripts take it for 0, which keeps every dump.
  test.each<[string, Image]>([['SLES 12', SLES_12], ['SLES 15', SLES_15]])('one dump alone cannot be kept on %s', (_name, image) => {
    machine = new Machine(image);
    expect(machine.run({ dumpsToKeep: 1 }).status.notes).toEqual([expect.stringMatching(/dumpsToKeep is 2/)]);
    expect(setting('KDUMP_KEEP_OLD_DUMPS')).toBe('1');
  });

  test.each<[string, Image, string]>([['yes', SLES_12, 'yes'], ['true', SLES_15, 'true']])('a reboot that is said as "%s" stays', (_name, image, value) => {
    machine = new Machine(image);
    machine.run();
    expect(setting('KDUMP_IMMEDIATE_REBOOT')).toBe(value);
  });

  test('the directory may be named as a URL', () => {
    machine = new Machine(SLES_12);
    machine.run();
    expect(setting('KDUMP_SAVEDIR')).toBe('file:///var/crash');
    machine.reboot();
    expect(machine.run().exitCode).toBe(0);
  });
});

describe('zypper', () => {
  test.each(['fail-network', 'fail-scriptlet'])('an exit code that is information is no failure: %s', file => {
    machine = new Machine(SLES_15);
    machine.write(`/stand-in/${file}`, '');
    expect(machine.run().exitCode).toBe(20);
  });

  test('a package that no repository has is a failure', () => {
    machine = new Machine(SLES_15);
    machine.write('/stand-in/fail-install', '');
    expect(machine.run()).toMatchObject({ exitCode: 25, stderr: expect.stringContaining("No provider of 'kdump' found."), status: { state: 'failed' } });
    expect(machine.read('/etc/default/grub')).not.toContain('crashkernel');
  });

  test('a lock is waited for, and one that comes in between is zypper\'s to wait for', () => {
    machine = new Machine(SLES_15);
    machine.write('/run/zypp.pid', '1\n');
    expect(machine.run()).toMatchObject({ exitCode: 25, status: { cause: expect.stringMatching(/lock of the package manager/) } });
    machine.remove('/run/zypp.pid');
    machine.breakCommand('zypper', 'echo 1 > /run/zypp.pid; exec zypper.intact "$@"');
    expect(machine.run()).toMatchObject({ exitCode: 25, status: { cause: expect.stringMatching(/could not be installed/) } });
    expect(machine.log()).toContain('sleep 300');
  });
});

test('fails clearly where kdumptool does', () => {
  machine = new Machine(SLES_15);
  machine.write('/stand-in/fail-calibrate', '');
  expect(machine.run({ crashKernel: 'auto' })).toMatchObject({ exitCode: 25, status: { cause: expect.stringMatching(/kdumptool/) } });
  expect(machine.run({ crashKernel: '256M' }).exitCode).toBe(20);
});
