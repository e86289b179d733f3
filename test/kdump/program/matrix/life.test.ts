import { ALL_IMAGES, Image } from '../images';
import { Machine, MachineOptions } from '../machine';

const MIB = 2 ** 20;
const STATE = '/var/lib/cdk-diagnostic-interrupt';

let machine: Machine;

/** A machine on which a first run configured, and that was rebooted. */
function rebooted(image: Image, options: MachineOptions = {}): Machine {
  machine = new Machine(image, options);
  machine.run();
  machine.reboot();
  return machine;
}

/** The same with the packages that the program would install, so that what else it leaves behind shows. */
function withPackages(image: Image): Image {
  return { ...image, installed: Object.keys(image.packages) };
}

/** What the image has of its own: every file with its mode and content, without what happened to it when. */
function tree(): Record<string, string> {
  const entries = Object.entries(machine.snapshot()).map(([file, state]) => [file, state.replace(/ \d+ /, ' ')]);
  return Object.fromEntries(entries.filter(([file]) => !/^(run|var\/lib\/(kdump|dpkg))(\/|$)/.test(file)));
}

const armed = (crashkernel: string, reserved: number) => ({
  exitCode: 0, status: { state: 'armed', changed: [], contradictions: [], crashkernelSeen: crashkernel, reservedBytes: reserved * MIB },
});

describe.each(ALL_IMAGES.map(image => [image.name, image] as const))('%s', (_name, image) => {
  test('first run, reboot, armed; a second run changes nothing', () => {
    machine = new Machine(image);
    const first = machine.run();
    expect(first).toMatchObject({ exitCode: 20, status: { state: 'reboot-required', crashkernelWanted: '256M' } });
    expect(first.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(machine.kernelSetting('panic')).toBe('10');

    machine.reboot();
    expect(machine.read('/kernel/cmdline').match(/crashkernel=\S+/g)).toEqual(['crashkernel=256M']);
    expect(machine.run()).toMatchObject(armed('256M', 256));
    expect(machine.kernelSetting('panic')).toBe('10');
    const nmi = machine.exists('/kernel/sys/kernel/unknown_nmi_panic') ? 1 : null;
    const before = machine.snapshot();
    machine.forgetLog();
    expect(machine.run()).toMatchObject({ ...armed('256M', 256), status: { unknownNmiPanic: nmi } });
    expect(machine.snapshot()).toEqual(before);
    expect(machine.log()).toEqual([]);
    expect(image.arch === 'aarch64' ? nmi : 1).toBe(nmi);

    // The long way, which looks into every file.
    machine.remove('/run/cdk-diagnostic-interrupt/converged');
    expect(machine.run()).toMatchObject(armed('256M', 256));
    expect({ ...machine.snapshot(), ...before }).toEqual(expect.objectContaining(before));
    expect(tree()).toEqual(tree());
  });

  test('the distribution\'s own value arms it', () => {
    machine = new Machine(image, { memory: 8 * 2 ** 30 });
    const { status } = machine.run({ crashKernel: 'auto' });
    expect(['reboot-required', 'armed']).toContain(status.state);
    machine.reboot();
    const second = machine.run();
    expect(second).toMatchObject({ exitCode: 0, status: { state: 'armed', crashkernelWanted: status.crashkernelWanted, changed: [] } });
    expect(second.status.reservedBytes).toBeGreaterThanOrEqual(160 * MIB);
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [] } });
  });

  test('a changed value is configured and counts after a reboot', () => {
    rebooted(image).run();
    const [value, reserved] = image.arch === 'aarch64' ? ['1G-4G:320M,4G-:512M', 320] : ['512M,high 72M,low', 584];
    expect(machine.run({ crashKernel: value })).toMatchObject({ exitCode: 20, status: { state: 'reboot-required', crashkernelWanted: value, crashkernelSeen: '256M' } });
    machine.reboot();
    expect(machine.run()).toMatchObject(armed(value, reserved));
  });

  test('asks for one reboot where it may', () => {
    machine = new Machine(image);
    expect(machine.run({ rebootPolicy: 'whenRequired' })).toMatchObject({ exitCode: 194, status: { state: 'reboot-required' } });
    expect(machine.run()).toMatchObject({ exitCode: 20 });
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  });

  test('revert puts everything back but packages', () => {
    machine = new Machine(withPackages(image));
    machine.reboot();
    const start = tree();
    machine.run();
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0 });
    expect(machine.run({ action: 'revert' })).toMatchObject({ exitCode: 27, status: { state: 'reverted' } });
    expect(machine.exists(STATE)).toBe(false);
    expect(tree()).toEqual(start);
    expect(machine.run({ action: 'revert' })).toMatchObject({ exitCode: 27, status: { state: 'reverted', changed: [] } });
  });

  test('revert leaves what others changed since', () => {
    machine = new Machine(withPackages(image));
    machine.run({ dumpPath: '/srv/crash' });
    machine.reboot();
    const settings = machine.read(image.settingsFile);
    const theirs = image.settingsFile === '/etc/kdump.conf' ? '# theirs\n' : '# theirs\nTHEIRS=1\n';
    machine.write(image.settingsFile, `${theirs}${settings}`);
    const grub = image.bootsBy === 'legacy' ? undefined : machine.read('/etc/default/grub');
    if (grub !== undefined) {
      machine.write('/etc/default/grub', `GRUB_DISABLE_SUBMENU=y\n${grub}`);
    }
    expect(machine.run({ action: 'revert' })).toMatchObject({ exitCode: 27 });
    expect(machine.read(image.settingsFile).startsWith(theirs)).toBe(true);
    expect(machine.read(image.settingsFile)).not.toContain('/srv/crash');
    if (grub !== undefined) {
      expect(machine.read('/etc/default/grub')).toMatch(/^GRUB_DISABLE_SUBMENU=y\n/);
      expect(machine.read('/etc/default/grub')).not.toContain('cdk');
    }
    machine.reboot();
    expect(machine.read('/kernel/cmdline')).not.toContain('crashkernel=256M');
  });

  describe('blocked', () => {
    test('refuses a hardened kernel and changes nothing', () => {
      machine = new Machine(image);
      machine.kernelSetting('kexec_load_disabled', '1');
      const before = machine.snapshot();
      expect(machine.run()).toMatchObject({ exitCode: 22, status: { state: 'blocked-by-hardening', remedy: expect.stringMatching(/\w/) } });
      expect(machine.snapshot()).toEqual(before);
    });

    test('refuses a machine whose boot loader it does not find, and changes nothing', () => {
      machine = new Machine(image);
      machine.remove('/boot/grub');
      machine.remove('/boot/grub2');
      machine.remove('/boot/efi');
      const before = machine.snapshot();
      expect(machine.run()).toMatchObject({ exitCode: 24, status: { state: 'unsupported', cause: expect.stringMatching(/GRUB/) } });
      expect(machine.snapshot()).toEqual(before);
    });

    test('fails without packages and leaves the boot loader alone', () => {
      machine = new Machine({ ...image, installed: [] });
      machine.write('/stand-in/fail-install', '');
      const before = tree();
      const outcome = machine.run();
      expect(outcome).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/could not be installed/) } });
      expect(tree()).toEqual(before);
      machine.remove('/stand-in/fail-install');
      expect(machine.run().exitCode).toBe(20);
    });

    test('insufficient memory is told from a reboot that is due', () => {
      rebooted(image, { memory: 2 ** 30 });
      machine.run({ crashKernel: '2G-:256M' });
      machine.reboot();
      expect(machine.run()).toMatchObject({ exitCode: 23, status: { state: 'insufficient-memory', reservedBytes: 0, remedy: expect.stringMatching(/size/) } });
    });

    test('a crash kernel that cannot be loaded is told, and loaded when it can be', () => {
      rebooted(image);
      machine.write('/stand-in/fail-load', '');
      machine.reboot();
      expect(machine.run()).toMatchObject({ exitCode: 21, status: { state: 'reserved-not-loaded', remedy: expect.stringMatching(/log/) } });
      machine.remove('/stand-in/fail-load');
      expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    });

    test('a disk that is too full for a dump is told on the short way too', () => {
      rebooted(image).run();
      machine.write('/stand-in/free-kib', '1000\n');
      for (let run = 0; run < 2; run++) {
        expect(machine.run()).toMatchObject({ exitCode: 26, status: { state: 'low-disk', freeBytes: 1024000, neededBytes: Math.floor(2 ** 31 / 5) } });
      }
      expect(machine.run({ minimumFreeMib: 0 })).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
      machine.write('/stand-in/free-kib', '1048576\n');
      expect(machine.run({ minimumFreeMib: undefined })).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    });
  });
});
