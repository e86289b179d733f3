import * as fs from 'fs';
import * as path from 'path';
import { convergedMachine, expectBootable, installedMachine, tree } from './hostile';
import { AMAZON_LINUX_1, AMAZON_LINUX_2, DEBIAN_12, Image, RHEL_8, RHEL_8_UEFI, SLES_15 } from '../images';
import { Machine } from '../machine';

const BEGIN = '# BEGIN cdk-diagnostic-interrupt';
const END = '# END cdk-diagnostic-interrupt';

let machine: Machine;

function named(...images: Image[]): [string, Image][] {
  return images.map(each => [each.name, each]);
}

describe.each(named(AMAZON_LINUX_1, AMAZON_LINUX_2, SLES_15, RHEL_8))('%s', (_name, image) => {
  const file = image.bootsBy === 'legacy' ? '/etc/sysctl.conf' : '/etc/default/grub';

  test('lines of others behind a block whose end somebody deleted stay', () => {
    machine = convergedMachine(image);
    machine.write(file, `${machine.read(file).replace(`${END}\n`, '')}# theirs\n`);
    const broken = machine.read(file);
    for (let run = 0; run < 2; run++) {
      expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: run === 0 ? [file] : [] } });
      machine.remove('/run/cdk-diagnostic-interrupt/converged');
    }
    expect(machine.read(file).startsWith(broken)).toBe(true);
    expect(machine.read(file).split(BEGIN)).toHaveLength(3);
    expect(machine.run({ action: 'revert' }).exitCode).toBe(27);
    expect(machine.read(file)).toMatch(/^# theirs$/m);
    expect(machine.read(file)).not.toContain('crashkernel=256M');
  });

  test('a file of its own that somebody made a link does not change what that leads to', () => {
    machine = convergedMachine(image);
    const own = image.bootsBy === 'legacy' ? '/var/lib/cdk-diagnostic-interrupt/applied' : '/etc/sysctl.d/zz-cdk-diagnostic-interrupt.conf';
    const text = machine.read(own);
    machine.remove(own);
    machine.write('/etc/theirs', 'theirs\n');
    fs.symlinkSync('/etc/theirs', path.join(machine.root, own));
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [own] } });
    expect([machine.read(own), machine.read('/etc/theirs')]).toEqual([text, 'theirs\n']);
  });
});

describe.each(named(AMAZON_LINUX_2, RHEL_8))('%s', (_name, image) => {
  test('an option of kdump.conf that is indented, or the last line without an end, is not named twice', () => {
    machine = convergedMachine(image);
    machine.write(image.settingsFile, machine.read(image.settingsFile).replace('path /var/crash\n', '') + '\t path  /srv/old');
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    expect(machine.read(image.settingsFile)).toMatch(/\npath \/var\/crash\n$/);
    expect(machine.read(image.settingsFile)).not.toContain('/srv/old');
    expect(machine.read('/stand-in/loaded-path')).toBe('/var/crash\n');
  });
});

describe.each(named(DEBIAN_12))('%s', (_name, image) => {
  test('the last lines of os-release and of the table of the distribution count without an end', () => {
    machine = installedMachine(image);
    machine.write('/etc/os-release', 'VERSION_ID="12"\nID=debian');
    machine.write('/etc/default/grub.d/kdump-tools.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=1G-:333M"');
    expect(machine.run({ crashKernel: 'auto' })).toMatchObject({ exitCode: 20, status: { os: 'debian 12', crashkernelWanted: '1G-:333M' } });
  });

  test('fails, and says where to look, when a file that is read later sets another crashkernel=', () => {
    machine = installedMachine(image);
    machine.write('/etc/default/grub.d/zzz-user.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT="crashkernel=1G"');
    const before = tree(machine, '/boot');
    expect(machine.run()).toMatchObject({
      exitCode: 25,
      status: { cause: expect.stringMatching(/no kernel with crashkernel=256M/), remedy: expect.stringMatching(/overrides GRUB_CMDLINE_LINUX_DEFAULT/) },
    });
    expect(tree(machine, '/boot')).toEqual(before);
    machine.remove('/etc/default/grub.d/zzz-user.cfg');
    expect(machine.run()).toMatchObject({ exitCode: 20 });
  });
});

describe.each(named(RHEL_8, RHEL_8_UEFI))('%s', (_name, image) => {
  const environment = image.links['/boot/grub2/grubenv'] ? path.join(path.dirname(image.grubConfiguration), 'grubenv') : '/boot/grub2/grubenv';

  test.each<[string, string]>([['is garbage', 'garbage\n'], ['has no room', 'full']])('fails with the boot loader as it was when grubenv %s, and goes on when that is mended', (_how, harm) => {
    machine = installedMachine(image);
    const intact = machine.read(environment);
    if (harm === 'full') {
      expect(machine.enter(['grub2-editenv', environment, 'set', `kernelopts=root=/dev/nvme0n1p1 ro ${image.entries!.arguments}`]).status).toBe(0);
      const free = /#+$/.exec(machine.read(environment))![0].length;
      expect(machine.enter(['grub2-editenv', environment, 'set', `x=${'y'.repeat(free - 4)}`]).status).toBe(0);
    } else {
      machine.write(environment, harm);
    }
    const before = tree(machine, '/boot');
    expect(machine.run({ crashKernel: '512M,high 72M,low' })).toMatchObject({
      exitCode: 25, status: { state: 'failed', cause: `The kernelopts in ${environment} could not be changed.`, remedy: expect.stringMatching(/block of 1024 bytes/) },
    });
    expect(tree(machine, '/boot')).toEqual(before);
    expectBootable(machine, image);
    machine.write(environment, intact);
    expect(machine.run({ crashKernel: '256M' })).toMatchObject({ exitCode: 20 });
    expect(fs.lstatSync(path.join(machine.root, '/boot/grub2/grubenv')).isSymbolicLink()).toBe(image.links['/boot/grub2/grubenv'] !== undefined);
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  });

  test('a grubenv that leads nowhere is not needed', () => {
    machine = installedMachine(image);
    machine.remove(environment);
    machine.remove('/boot/grub2/grubenv');
    fs.symlinkSync('../nowhere/grubenv', path.join(machine.root, '/boot/grub2/grubenv'));
    expect(machine.run()).toMatchObject({ exitCode: 20 });
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', crashkernelSeen: '256M' } });
  });
});
