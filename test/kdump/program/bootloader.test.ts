import * as fs from 'fs';
import * as path from 'path';
import { commandLines, expectNothingBeside } from './grub-files';
import { AMAZON_LINUX_2, CENTOS_7, DEBIAN_12, Image, RHEL_9, SLES_15, UBUNTU_22_04 } from './images';
import { armedMachine, Machine } from './machine';

const OURS = '/etc/default/grub.d/zz-cdk-diagnostic-interrupt.cfg';
const LINE = 'GRUB_CMDLINE_LINUX_DEFAULT=';

let machine: Machine;

describe.each<[string, Image]>([['Ubuntu 22.04', UBUNTU_22_04], ['Amazon Linux 2', AMAZON_LINUX_2]])('on %s', (_name, image) => {
  test.each([
    ['in double quotes', `${LINE}"crashkernel=64M quiet crashkernel=1G,high"\n`],
    ['in single quotes', `${LINE}'quiet crashkernel=64M'\n`],
    ['without quotes', `${LINE}crashkernel=64M\n`],
    ['in the line for every entry', 'GRUB_CMDLINE_LINUX="crashkernel=auto quiet"\n'],
    ['in an assignment over two lines', `${LINE}"quiet \\\ncrashkernel=64M"\n`],
    ['in a later addition', `${LINE}"quiet"\n${LINE}"$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=64M"\n`],
    ['not at all, without the line', 'GRUB_TIMEOUT=0\n'],
    ['not at all, and the file ends without a newline', 'GRUB_TIMEOUT=0'],
  ])('an old value is replaced that stands %s', (_where, content) => {
    machine = armedMachine(image);
    machine.write('/etc/default/grub', content);
    expect(machine.run({ crashKernel: '512M' }).exitCode).toBe(20);
    const given = commandLines(machine, image).flatMap(each => each.match(/crashkernel=\S+/g) ?? []);
    expect(new Set(given)).toEqual(new Set(['crashkernel=512M']));
    expect(commandLines(machine, image)[0]).toContain('crashkernel=512M');
    if (content.includes('quiet') && image !== UBUNTU_22_04) {
      expect(commandLines(machine, image)[0]).toMatch(/ quiet /);
    }
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { changed: [] } });
  });

  test('what the image says otherwise stays', () => {
    machine = new Machine(image);
    const before = commandLines(machine, image)[0];
    machine.run();
    expect(commandLines(machine, image)[0].split(/\s+/)).toEqual([...before.trim().split(/\s+/), 'crashkernel=256M']);
  });

  test('grub.cfg keeps its mode, and one backup shows it as it was before the program changed it', () => {
    machine = new Machine(image);
    const built = machine.read(image.grubConfiguration);
    machine.run();
    fs.chmodSync(path.join(machine.root, image.grubConfiguration), 0o640);
    machine.run({ crashKernel: '512M' });
    expect(machine.mode(image.grubConfiguration)).toBe('640');
    // The package kdump-tools regenerates grub.cfg before the program does.
    const before = image === UBUNTU_22_04 ? built.replace(/(nvme_core.io_timeout=\d+)/g, '$1 crashkernel=512M-:192M') : built;
    expect(machine.read(`/var/lib/cdk-diagnostic-interrupt/backup${image.grubConfiguration}`)).toBe(before);
  });

  test('a run that ended between the settings and grub.cfg is mended by the next one', () => {
    machine = armedMachine(image);
    const running = machine.read(image.grubConfiguration);
    const mend = machine.breakCommand(image.mkconfig, 'kill -KILL $PPID; exit 1');
    expect(machine.run({ crashKernel: '512M' }).exitCode).not.toBe(0);
    expect(machine.read(image.grubConfiguration)).toBe(running);
    mend();
    expect(machine.run()).toMatchObject({ exitCode: 20, status: { changed: [image.grubConfiguration] } });
    expect(commandLines(machine, image)[0]).toContain('crashkernel=512M');
    expectNothingBeside(machine, path.dirname(image.grubConfiguration));
  });

  test.each([
    ['exits with an error', 'echo "menuentry x {"; exit 1', /failed/],
    ['writes what GRUB cannot read', 'echo "menuentry x { linux /vmlinuz crashkernel=512M"', /refuses/],
    ['writes nothing', 'exit 0', /refuses/],
    ['writes no kernel', 'echo "set timeout=0"', /no kernel with crashkernel=512M/],
    ['writes another value', 'echo "linux /vmlinuz crashkernel=512M crashkernel=64M"', /no kernel with crashkernel=512M/],
  ])('fails with the old grub.cfg in place when grub-mkconfig %s', (_how, script, cause) => {
    machine = armedMachine(image);
    const running = machine.read(image.grubConfiguration);
    machine.breakCommand(image.mkconfig, script);
    expect(machine.run({ crashKernel: '512M' })).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(cause) } });
    expect(machine.read(image.grubConfiguration)).toBe(running);
    expectNothingBeside(machine, path.dirname(image.grubConfiguration));
  });
});

// Its new grub.cfg, or grubby's entry in it, would be overwritten by one that was made before.
test.each([AMAZON_LINUX_2, DEBIAN_12].map(image => [image.name, image] as const))(
  'a kernel that is installed while grub-mkconfig is at work stays the one that %s boots', (_name, image) => {
    machine = armedMachine(image);
    const newer = image.kernel.replace(/^\d+/, '9');
    machine.breakCommand(image.mkconfig, `${image.mkconfig}.intact "$@" || exit
      [ ! -e /stand-in/once ] || exit 0
      touch /stand-in/once
      sh /stand-in/install-kernel ${newer} >&2
      echo 1 > /run/yum.pid`);
    machine.breakCommand('sleep', 'rm -f /run/yum.pid');
    expect(machine.run({ crashKernel: '512M' }).exitCode).toBe(20);
    machine.reboot();
    expect(machine.kernelSetting('osrelease')).toBe(newer);
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { crashkernelSeen: '512M' } });
    expectNothingBeside(machine, path.dirname(image.grubConfiguration));
  });

test('the settings on Debian and Ubuntu are a file of our own, whose backup nobody needs', () => {
  machine = new Machine(UBUNTU_22_04);
  machine.run();
  for (const file of Object.keys(UBUNTU_22_04.files)) {
    expect(machine.read(file)).toBe(UBUNTU_22_04.files[file]);
  }
  expect(machine.exists(`/var/lib/cdk-diagnostic-interrupt/backup${OURS}`)).toBe(false);
});

test('a configuration that somebody took out again is put back while the machine stays armed', () => {
  machine = armedMachine(DEBIAN_12);
  machine.remove(OURS);
  expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [OURS] } });
});

describe('on Amazon Linux 2', () => {
  const image = AMAZON_LINUX_2;

  test('the block in /etc/default/grub stands once, whatever it is changed to, and all above it stays', () => {
    machine = new Machine(image);
    const original = machine.read('/etc/default/grub');
    machine.run();
    machine.run({ crashKernel: '512M' });
    machine.run({ crashKernel: '128M' });
    const text = machine.read('/etc/default/grub');
    expect(text.startsWith(original)).toBe(true);
    expect(text.match(/# BEGIN cdk-diagnostic-interrupt/g)).toHaveLength(1);
    expect(text.match(/crashkernel=\d+M/g)).toEqual(['crashkernel=128M']);
    expect(machine.read('/var/lib/cdk-diagnostic-interrupt/backup/etc/default/grub')).toBe(original);
  });

  test('a machine with grub.cfg for BIOS and for UEFI has both regenerated, by their links', () => {
    machine = new Machine(image);
    machine.write('/boot/efi/EFI/amzn/grub.cfg', machine.read('/boot/grub2/grub.cfg'), 0o700);
    expect(machine.run().status.changed).toEqual(expect.arrayContaining(['/boot/grub2/grub.cfg', '/boot/efi/EFI/amzn/grub.cfg']));
    expect(machine.read('/boot/efi/EFI/amzn/grub.cfg')).toContain('crashkernel=256M');
    expect(fs.lstatSync(path.join(machine.root, 'etc/grub2.cfg')).isSymbolicLink()).toBe(true);
    expect(fs.lstatSync(path.join(machine.root, 'etc/grub2-efi.cfg')).isSymbolicLink()).toBe(true);
  });

  test('XFS is frozen and thawed around the change of grub.cfg, and never else', () => {
    machine = new Machine(image);
    machine.run();
    const pair = ['fsfreeze -f /boot/grub2', 'fsfreeze -u /boot/grub2'];
    expect(machine.log().filter(each => each.startsWith('fsfreeze'))).toEqual([...pair, ...pair]);
    expect(fs.readdirSync(path.join(machine.root, 'boot/grub2'))).toEqual(['grub.cfg']);
    machine.forgetLog();
    machine.run();
    expect(machine.log().filter(each => each.startsWith('fsfreeze'))).toEqual([]);
  });

  test('a file system that does not thaw at once is thawed in the end', () => {
    machine = new Machine(image);
    machine.breakCommand('fsfreeze', '[ "$1" = -f ] || { echo try >> /stand-in/tries; [ $(wc -l < /stand-in/tries) -gt 3 ] || exit 1; }\n'
      + 'exec fsfreeze.intact "$@"');
    expect(machine.run().exitCode).toBe(20);
    expect(machine.read('/stand-in/tries')).toBe('try\n'.repeat(5));
    expect(machine.exists('/stand-in/frozen')).toBe(false);
  });

  test('what was frozen is thawed although everything is told to end', () => {
    machine = new Machine(image);
    machine.breakCommand('fsfreeze', `fsfreeze.intact "$@"
      [ "$1" = -f ] || exit 0
      for process in /proc/[0-9]*; do
        case $(tr '\\0' ' ' < $process/cmdline) in
          'sh /program '* | *' freeze '*) kill -TERM \${process#/proc/} ;;
        esac
      done`);
    expect(machine.run()).toMatchObject({ exitCode: 25, status: { cause: expect.stringMatching(/signal/) } });
    expect(machine.log().filter(each => each.startsWith('fsfreeze'))).toEqual(['fsfreeze -f /boot/grub2', 'fsfreeze -u /boot/grub2']);
    expect(commandLines(machine, image)[0]).not.toContain('crashkernel');
  });
});

// grubby --update-kernel=DEFAULT --remove-args, an editor, or a tool that puts another entry in front.
describe('an entry that lost the value while another has it', () => {
  function loseValue(image: Image): void {
    machine.installKernel(image.kernel.replace(/^\d+/, '9'));
    machine.write(image.grubConfiguration, machine.read(image.grubConfiguration).replace(/^(\s*linux.*?) crashkernel=\S+/m, '$1'));
    machine.reboot();
    expect(machine.read('/kernel/cmdline')).not.toContain('crashkernel');
    expect(machine.read(image.grubConfiguration)).toContain('crashkernel=256M');
  }

  test.each([AMAZON_LINUX_2, CENTOS_7, SLES_15, DEBIAN_12].map(image => [image.name, image] as const))('on %s has it back by the next reboot', (_name, image) => {
    machine = armedMachine(image);
    loseValue(image);
    expect(machine.run({ rebootPolicy: 'whenRequired' })).toMatchObject({ exitCode: 194, status: { changed: expect.arrayContaining([image.grubConfiguration]) } });
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  });

  test.each([AMAZON_LINUX_2, SLES_15, DEBIAN_12].map(image => [image.name, image] as const))('fails on %s where no tool makes it, without a reboot', (_name, image) => {
    const custom = (words: string) => {
      machine.write('/etc/grub.d/40_custom', `#!/bin/sh\nexec tail -n +3 $0\nmenuentry 'mine' {\n  ${image.linuxCommand ?? 'linux'}  /boot/vmlinuz-${image.kernel} ro  mine${words} \n}\n`, 0o755);
      machine.regenerateBootLoader();
    };
    machine = new Machine({ ...image, installed: Object.keys(image.packages) });
    custom('');
    const entries = machine.read(image.grubConfiguration).match(/^\s*menuentry /gm)!.length;
    machine.write('/etc/default/grub', `${machine.read('/etc/default/grub')}GRUB_DEFAULT=${entries - 1}\n`);
    machine.write(image.grubConfiguration, machine.read(image.grubConfiguration).replace(/set default=.*/, `set default="${entries - 1}"`));
    machine.reboot();
    expect(machine.read('/kernel/cmdline')).toMatch(/mine$/m);
    for (const rebootPolicy of ['whenRequired', 'never'] as const) {
      expect(machine.run({ rebootPolicy })).toMatchObject({
        exitCode: 25, status: { cause: expect.stringMatching(/gets no crashkernel=256M from grub2?-mkconfig/), remedy: expect.stringMatching(/40_custom.*GRUB_DEFAULT/) },
      });
    }
    custom(' crashkernel=256M');
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  });

  test('has it back by a reboot by hand where one was asked for formerly', () => {
    machine = new Machine(AMAZON_LINUX_2);
    expect(machine.run({ rebootPolicy: 'whenRequired' }).exitCode).toBe(194);
    machine.reboot();
    machine.run();
    machine.write('/boot/grub2/grub.cfg', machine.read('/boot/grub2/grub.cfg').replace(/ crashkernel=\S+/, '')
      + "menuentry 'x' {\n\tlinux\t/boot/vmlinuz-x crashkernel=256M\n}\n");
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 20, status: { changed: ['/boot/grub2/grub.cfg'], remedy: expect.stringMatching(/^Reboot the instance/) } });
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  });

  test('is looked for once in a boot, and a grub.cfg that is as it should be stays', () => {
    machine = armedMachine(AMAZON_LINUX_2);
    machine.write('/etc/grub.d/99_count', '#!/bin/sh\necho mkconfig >> /stand-in/log\n', 0o755);
    machine.regenerateBootLoader();
    machine.forgetLog();
    machine.write('/kernel/cmdline', machine.read('/kernel/cmdline').replace(/ crashkernel=\S+/, '')); // somebody at GRUB's prompt
    const before = machine.read('/boot/grub2/grub.cfg');
    expect(machine.run()).toMatchObject({ exitCode: 20, status: { changed: [] } });
    expect(machine.log().filter(each => each === 'mkconfig')).toHaveLength(1);
    expect(machine.read('/boot/grub2/grub.cfg')).toBe(before);
    const snapshot = machine.snapshot();
    machine.run();
    expect(machine.log().filter(each => each === 'mkconfig')).toHaveLength(1);
    expect(machine.snapshot()).toEqual(snapshot);
  });

  test('is not looked for on a machine that boots by entries of its own', () => {
    machine = new Machine(RHEL_9);
    machine.run();
    expect(fs.readdirSync(path.join(machine.root, 'run/cdk-diagnostic-interrupt'))).toEqual(['lock']);
  });
});
