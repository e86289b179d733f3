import { Image } from '../images';
import { armedMachine, Machine } from '../machine';
import { tree } from './tree';

const MIB = 2 ** 20;
const STATE = '/var/lib/cdk-diagnostic-interrupt';

let machine: Machine;

/** With the packages that the program would install, so that what else it leaves behind shows. */
function withPackages(image: Image): Image {
  return { ...image, installed: Object.keys(image.packages) };
}

const armed = (crashkernel: string, reserved: number) => ({
  exitCode: 0, status: { state: 'armed', changed: [], contradictions: [], crashkernelSeen: crashkernel, reservedBytes: reserved * MIB },
});

/** The versions of kernels are counted up in front. */
function newerKernel(image: Image): string {
  return image.kernel.replace(/^\d+/, '9');
}

/** Everything that happens to a machine between its first run and the revert, for each system. */
export function describeLife(...images: Image[]): void {
  describe.each(images.map(image => [image.name, image] as const))('%s', (_name, image) => {
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
      expect(tree(machine)).toEqual(tree(machine));
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
      machine = armedMachine(image);
      machine.run();
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
      const start = tree(machine);
      machine.run();
      machine.reboot();
      expect(machine.run()).toMatchObject({ exitCode: 0 });
      expect(machine.run({ action: 'revert' })).toMatchObject({ exitCode: 27, status: { state: 'reverted' } });
      expect(machine.exists(STATE)).toBe(false);
      expect(tree(machine)).toEqual(start);
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

    test('its value survives the regeneration of the boot loader\'s configuration', () => {
      machine = armedMachine(image);
      machine.run();
      for (const options of image.entries?.rewritten === 'when asked' ? [[], ['--update-bls-cmdline']] : image.bootsBy === 'legacy' ? [] : [[]]) {
        machine.regenerateBootLoader(...options);
        machine.reboot();
        expect(machine.read('/kernel/cmdline').match(/crashkernel=\S+/g)).toEqual(['crashkernel=256M']);
        expect(machine.run()).toMatchObject(armed('256M', 256));
      }
    });

    test('its value survives a new kernel and a new kdump', () => {
      machine = armedMachine(image);
      machine.run();
      machine.installKernel(newerKernel(image));
      machine.upgradeKdump();
      machine.reboot();
      expect(machine.read('/kernel/cmdline')).toContain(newerKernel(image));
      expect(machine.read('/kernel/cmdline').match(/crashkernel=\S+/g)).toEqual(['crashkernel=256M']);
      expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
      machine.reboot();
      expect(machine.run()).toMatchObject(armed('256M', 256));
    });

    test('dump options reach kdump\'s own settings, or the status says that they cannot', () => {
      machine = armedMachine(image);
      machine.run();
      const { status } = machine.run({ dumpLevel: 1, compression: 'lzo', dumpsToKeep: 3, afterDump: 'poweroff' });
      expect(status).toMatchObject({ state: 'armed', changed: expect.arrayContaining([image.settingsFile]) });
      const settings = machine.read(image.settingsFile);
      const wanted = {
        '/etc/default/kdump-tools': [image.copiesAll ? /^#MAKEDUMP_ARGS=/m : /^MAKEDUMP_ARGS="-l -d 1"$/m, /^KDUMP_NUM_DUMPS=3$/m],
        '/etc/kdump.conf': [/^core_collector makedumpfile -l --message-level 7 -d 1$/m],
        '/etc/sysconfig/kdump': [/^KDUMP_DUMPLEVEL="?1"?$/m, /^KDUMP_DUMPFORMAT="?lzo"?$/m, /^KDUMP_KEEP_OLD_DUMPS="?2"?$/m],
      }[image.settingsFile]!;
      wanted.forEach(line => expect(settings).toMatch(line));
      expect(status.notes.join()).toMatch(image.copiesAll ? /no dumpLevel and no compression/ : /^(?!.*no dumpLevel)/);
      const powersOff = /^final_action poweroff$/m.test(settings);
      expect(status.notes.join()).toMatch(powersOff ? /^(?!.*poweroff)/ : /'poweroff' is not possible/);
      expect(status.notes.join()).toMatch(image.settingsFile === '/etc/kdump.conf' ? /dumpsToKeep is not possible/ : /^(?!.*dumpsToKeep)/);
      machine.forgetLog();
      expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [], notes: status.notes } });
      expect(machine.log()).toEqual([]);
    });
  });
}
