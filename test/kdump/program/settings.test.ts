import * as path from 'path';
import {
  AMAZON_LINUX_1, AMAZON_LINUX_2, DEBIAN_12, DEBIAN_13, Image, RHEL_7, RHEL_9, ROCKY_9_ARM, SLES_15, UBUNTU_24_04_ARM,
} from './images';
import { armedMachine, Machine } from './machine';

const SPARED = '/etc/systemd/system/systemd-sysctl.service.d/cdk-diagnostic-interrupt.conf';
const DRACUT_MODULE = '/usr/lib/dracut/modules.d/99cdk-diagnostic-interrupt/module-setup.sh';
const SYSCTL = '/etc/sysctl.d/zz-cdk-diagnostic-interrupt.conf';

let machine: Machine;

describe('kdump settings', () => {
  test.each<[string, Image, string, string]>([
    ['Debian 12', DEBIAN_12, 'KDUMP_COREDIR="/var/crash"', 'KDUMP_COREDIR="/srv/crash"'],
    ['Amazon Linux 2', AMAZON_LINUX_2, 'path /var/crash', 'path /srv/crash'],
  ])('on %s a new path changes one line, and the crash kernel is loaded again', (_name, image, before, after) => {
    machine = armedMachine(image);
    const text = machine.read(image.settingsFile);
    expect(machine.run({ dumpPath: '/srv/crash' })).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    expect(machine.read(image.settingsFile)).toBe(text.replace(before, after));
    expect(machine.read('/stand-in/loaded-path').trim()).toBe('/srv/crash');
    expect(machine.read(`/var/lib/cdk-diagnostic-interrupt/backup${image.settingsFile}`)).toBe(text);
    expect(machine.mode('/srv/crash')).toBe('700');

    machine.forgetLog();
    expect(machine.run().status.changed).toEqual([]);
    expect(machine.log()).toEqual([]);
  });

  const OPTIONS = { dumpLevel: 17, dumpsToKeep: 3, compression: 'lzo', afterDump: 'poweroff' } as const;
  const NONE = { dumpLevel: undefined, dumpsToKeep: undefined, compression: undefined, afterDump: undefined };
  describe.each([DEBIAN_12, DEBIAN_13, RHEL_9, AMAZON_LINUX_1, SLES_15].map(image => [image.name, image] as const))('%s', (_name, image) => {
    function afterOptions(change = (text: string) => text): void {
      machine = new Machine({ ...image, installed: Object.keys(image.packages) });
      machine.write(image.settingsFile, change(machine.read(image.settingsFile)));
      machine.run();
      machine.reboot();
      machine.run();
      machine.write('/expected', machine.read(image.settingsFile));
      expect(machine.run(OPTIONS)).toMatchObject({ exitCode: 0, status: { changed: expect.arrayContaining([image.settingsFile]) } });
    }

    test.each<[string, (text: string) => string]>([
      ['the distribution\'s own', text => text],
      ['somebody\'s', text => /^core_collector/m.test(text) ? text.replace(/^core_collector.*/m, 'core_collector makedumpfile -d 7 # why')
        : `${text}KDUMP_NUM_DUMPS=5 # enough\nKDUMP_DUMPLEVEL='7'\n`],
    ])('options that are asked for no more make room for what was there before: %s', (_what, change) => {
      afterOptions(change);
      expect(machine.run(NONE)).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: expect.arrayContaining([image.settingsFile]) } });
      // What is kdump's own default.
      const left = (text: string) => text.replace(/^(final_action reboot|MAKEDUMP_ARGS="-c -d 31")\n/gm, '');
      expect(left(machine.read(image.settingsFile))).toBe(machine.read('/expected'));
      machine.forgetLog();
      expect(machine.run()).toMatchObject({ exitCode: 0, status: { changed: [] } });
      expect(machine.log()).toEqual([]);
    });

    test('what somebody wrote since in the place of such an option stays', () => {
      afterOptions();
      const theirs = { '/etc/default/kdump-tools': /^KDUMP_NUM_DUMPS=3$/m, '/etc/kdump.conf': /-d 17$/m, '/etc/sysconfig/kdump': /^KDUMP_DUMPLEVEL=17$/m };
      machine.write(image.settingsFile, machine.read(image.settingsFile).replace(theirs[image.settingsFile as keyof typeof theirs], each => each.replace(/\d+$/, '9')));
      machine.run(NONE);
      expect(machine.read(image.settingsFile)).toMatch(/[= ]9$/m);
    });

    test('such options are put back by the next run where one failed, or was killed', () => {
      afterOptions();
      machine.surround('read-only /boot');
      expect(machine.run({ ...NONE, crashKernel: '512M' }).exitCode).toBe(25);
      machine.surround();
      machine.run();
      expect(machine.read(image.settingsFile)).not.toMatch(/^(KDUMP_NUM_DUMPS|KDUMP_KEEP_OLD_DUMPS|KDUMP_DUMPLEVEL|core_collector|MAKEDUMP_ARGS).*(3|2|17)"?$/m);
    });
  });

  test('a run that ended between the change and the reload is mended by the next one', () => {
    machine = armedMachine(AMAZON_LINUX_2);
    const mend = machine.breakCommand('systemctl', 'kill -KILL $PPID');
    machine.run({ dumpPath: '/srv/crash' });
    mend();
    expect(machine.read('/stand-in/loaded-path').trim()).toBe('/var/crash');
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    expect(machine.read('/stand-in/loaded-path').trim()).toBe('/srv/crash');
  });

  test('on Debian only the assignment that counts is changed, and kdump is switched on', () => {
    machine = armedMachine(DEBIAN_12);
    const others = "# USE_KDUMP=0\nKDUMP_COREDIR=/old\n  KDUMP_COREDIR='/newer' # why\nKDUMP_NUM_DUMPS=3\n";
    machine.write(DEBIAN_12.settingsFile, `USE_KDUMP=0\n${others}`, 0o640);
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    expect(machine.read(DEBIAN_12.settingsFile)).toBe(`USE_KDUMP=1\n${others.replace("  KDUMP_COREDIR='/newer' # why", 'KDUMP_COREDIR="/var/crash"')}`);
    expect(machine.mode(DEBIAN_12.settingsFile)).toBe('640');
  });

  test.each(['USE_KDUMP=1\nKDUMP_COREDIR=/var/crash\n', "USE_KDUMP='1'\nKDUMP_COREDIR='/var/crash' # here\n"])(
    'on Debian %j says it already and stays', text => {
      machine = armedMachine(DEBIAN_12);
      machine.write(DEBIAN_12.settingsFile, text);
      expect(machine.run()).toMatchObject({ exitCode: 0, status: { changed: [] } });
      expect(machine.read(DEBIAN_12.settingsFile)).toBe(text);
    });

  test('on Debian assignments that are missing are added', () => {
    machine = armedMachine(DEBIAN_12);
    machine.write(DEBIAN_12.settingsFile, 'KDUMP_NUM_DUMPS=3\n');
    machine.run();
    expect(machine.read(DEBIAN_12.settingsFile)).toBe('KDUMP_NUM_DUMPS=3\nUSE_KDUMP=1\nKDUMP_COREDIR="/var/crash"\n');
  });

  test.each([['echo \'makedumpfile FAILED.\'; /bin/bash; reboot -f', 1], ['reboot -f', 0]])(
    'on Debian a command for a failed dump ends in a reboot, and the status says what it was: %s', (command, notes) => {
      machine = armedMachine(DEBIAN_12);
      machine.write(DEBIAN_12.settingsFile, `${machine.read(DEBIAN_12.settingsFile)}KDUMP_FAIL_CMD="${command}"\n`);
      expect(machine.run().status.notes).toEqual(Array(notes).fill(`/etc/default/kdump-tools had 'KDUMP_FAIL_CMD ${command}', which is 'reboot -f' now.`));
      expect(machine.read(DEBIAN_12.settingsFile)).toMatch(/^KDUMP_FAIL_CMD="reboot -f"$/m);
    });

  test('on Amazon Linux 2 a path that is missing is added, and one that is there twice stands once', () => {
    machine = armedMachine(AMAZON_LINUX_2);
    machine.write(AMAZON_LINUX_2.settingsFile, '#path /x\ncore_collector makedumpfile -c\n');
    machine.run();
    expect(machine.read(AMAZON_LINUX_2.settingsFile)).toBe('#path /x\ncore_collector makedumpfile -c\npath /var/crash\n');
    machine.write(AMAZON_LINUX_2.settingsFile, 'path /x\npath /y\n');
    expect(machine.run().exitCode).toBe(0);
    expect(machine.read(AMAZON_LINUX_2.settingsFile)).toBe('#path /x\npath /var/crash\n');
  });

  test('a service that is not enabled is enabled', () => {
    machine = armedMachine(AMAZON_LINUX_2);
    machine.remove('/stand-in/systemd/enabled/kdump');
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { changed: ['service kdump enabled'] } });
    expect(machine.exists('/stand-in/systemd/enabled/kdump')).toBe(true);
  });

  test('fails when the service is masked', () => {
    machine = armedMachine(DEBIAN_12);
    machine.remove('/stand-in/systemd/enabled/kdump-tools');
    machine.write('/stand-in/systemd/masked/kdump-tools', '');
    expect(machine.run()).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/kdump-tools could not be enabled/) } });
  });

  test('fails when the path for the dumps is a file', () => {
    machine = new Machine(DEBIAN_12);
    machine.write('/srv', 'a file\n');
    expect(machine.run({ dumpPath: '/srv' })).toMatchObject({ exitCode: 25, status: { cause: expect.stringMatching(/directory \/srv/) } });
    expect(machine.read('/srv')).toBe('a file\n');
  });

  test('a service that is active with nothing loaded is started anew', () => {
    machine = armedMachine(AMAZON_LINUX_2);
    machine.write('/sys/kernel/kexec_crash_loaded', '0\n');
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: ['service kdump: start', 'service kdump: restart'] } });
  });
});

describe('kernel settings', () => {
  test('are written for the next boot, and set now only where they differ', () => {
    machine = new Machine(DEBIAN_12);
    machine.kernelSetting('panic', '10');
    const { status } = machine.run();
    expect(status.changed).toEqual(expect.arrayContaining(['kernel.unknown_nmi_panic=1']));
    expect(status.changed).not.toEqual(expect.arrayContaining(['kernel.panic=10']));
    expect(machine.read(SYSCTL)).toMatch(/^kernel.unknown_nmi_panic = 1\nkernel.panic = 10$/m);
  });

  test('that the kernel does not take are in no file that asks for them at every boot', () => {
    machine = new Machine(DEBIAN_12);
    machine.surround('read-only /proc/sys/kernel');
    expect(machine.run()).toMatchObject({ exitCode: 25, status: { cause: expect.stringMatching(/unknown_nmi_panic could not be set to 1/) } });
    expect(machine.exists(SYSCTL)).toBe(false);
  });

  test('are kept from the capture kernel of kdump-tools, where an NMI would end the dump', () => {
    machine = armedMachine(DEBIAN_12);
    const [, command] = machine.read(SPARED).match(/^ExecStartPost=-\/bin\/sh -c '(.*)'$/m)!;
    machine.enter(['sh', '-c', command]);
    expect(machine.kernelSetting('unknown_nmi_panic')).toBe('1');
    machine.enter(['sh', '-c', command.replace('/proc/vmcore', '/proc/version')]); // what the capture kernel has
    expect(machine.kernelSetting('unknown_nmi_panic')).toBe('0');
  });

  test.each<[string, Image, boolean]>([['Debian 13', DEBIAN_13, true], ['Ubuntu 24.04 on arm64', UBUNTU_24_04_ARM, false], ['RHEL 9', RHEL_9, false]])(
    '%s', (_name, image, spared) => {
      expect(armedMachine(image).exists(SPARED)).toBe(spared);
    });

  // As dracut does: it reads the module, and calls its install() after that of the module that takes the host's settings along.
  test.each<[string, Image]>([['Amazon Linux 2', AMAZON_LINUX_2], ['RHEL 7', RHEL_7], ['SLES 15', SLES_15]])(
    'are kept from the initramfs that dracut makes of them on %s', (_name, image) => {
      machine = armedMachine(image);
      const [other, initdir] = ['/etc/sysctl.d/10-other.conf', '/tmp/initramfs'];
      for (const each of [SYSCTL, other]) machine.write(`${initdir}${each}`, 'kernel.unknown_nmi_panic = 1\n');
      machine.enter(['bash', '-c', `initdir=${initdir}; . ${DRACUT_MODULE}; install`]);
      expect([SYSCTL, other].map(each => machine.exists(`${initdir}${each}`))).toEqual([false, true]);
      machine.run({ action: 'revert' });
      expect(machine.exists(path.dirname(DRACUT_MODULE))).toBe(false);
    });

  test.each<[string, Image]>([['RHEL 9', RHEL_9], ['Rocky Linux 9 on arm64', ROCKY_9_ARM], ['Amazon Linux 1', AMAZON_LINUX_1], ['Debian 12', DEBIAN_12]])(
    'need no module of dracut on %s', (_name, image) => expect(armedMachine(image).exists(DRACUT_MODULE)).toBe(false));

  test('need no dracut', () => {
    machine = armedMachine(AMAZON_LINUX_2);
    machine.remove('/usr/lib/dracut');
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    expect(machine.exists('/usr/lib/dracut')).toBe(false);
  });

  test('that were changed by hand are set back', () => {
    machine = armedMachine(DEBIAN_12);
    machine.kernelSetting('unknown_nmi_panic', '0');
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { changed: ['kernel.unknown_nmi_panic=1'], unknownNmiPanic: 1 } });
  });

  test('that are contradicted by what is applied later are reported', () => {
    machine = armedMachine(DEBIAN_12);
    machine.write('/etc/sysctl.conf', '# kernel.panic = 5\nkernel.unknown_nmi_panic=0\nkernel.panic_on_oops = 1\n');
    machine.write('/etc/sysctl.d/zzz-hardening.conf', '-kernel/panic =\t0\nkernel.unknown_nmi_panic = 1\n');
    machine.write('/etc/sysctl.d/10-early.conf', 'kernel.panic = 3\n');
    expect(machine.run().status.contradictions).toEqual([
      '/etc/sysctl.d/zzz-hardening.conf: kernel/panic = 0',
      '/etc/sysctl.conf: kernel.unknown_nmi_panic = 0',
    ]);
  });
});
