import { compareVersions } from './boot';
import {
  ALMA_9, AMAZON_LINUX_1, AMAZON_LINUX_2023, CENTOS_7, Image, ORACLE_7, ORACLE_8, RHEL_8, RHEL_9, ROCKY_9, UBUNTU_24_04,
} from './images';
import { Machine } from './machine';
import { reservedBytes } from './reservation';

// That a machine of the sandbox boots as a real one does: GRUB's choice, the arguments that it hands over, and what the kernel makes of them.

const MIB = 2 ** 20;
const ENTRIES = '/boot/loader/entries';

let machine: Machine;

function commandLine(): string {
  return machine.read('/kernel/cmdline');
}

function entryOf(image: Image, kernel = image.kernel): string {
  return `${ENTRIES}/${image.files['/etc/machine-id'].trim()}-${kernel}.conf`;
}

function withWord(file: string, word: string): void {
  machine.write(file, machine.read(file).replace(/^options .*$/m, `$& ${word}`));
}

describe('boot loader entries', () => {
  test('versions compare as rpm compares them', () => {
    const [oldest, ...rest] = ['0-rescue-5a0f', '4.18.0-553.el8_10', '4.18.0-553.22.1.el8_10', '5.14.0-70.el9', '5.14.0-503.el9', '6.12.0-1.el10'];
    rest.reduce((before, each) => (expect(compareVersions(each, before)).toBeGreaterThan(0), each), oldest);
  });

  test('the saved entry is booted, and without one the newest', () => {
    const [older] = RHEL_9.olderKernels!;
    machine = new Machine(RHEL_9);
    machine.enter(['grub2-editenv', '-', 'set', `saved_entry=${entryOf(RHEL_9, older).slice(ENTRIES.length + 1, -'.conf'.length)}`]);
    machine.reboot();
    expect(machine.kernelSetting('osrelease')).toBe(older);
    machine.enter(['grub2-editenv', '-', 'unset', 'saved_entry']);
    machine.reboot();
    expect(machine.kernelSetting('osrelease')).toBe(RHEL_9.kernel);
  });

  test('a file that does not end in .conf, or is hidden, is none', () => {
    machine = new Machine(ROCKY_9);
    for (const name of ['zz-999.conf.new', '.zz-999.conf']) {
      machine.write(`${ENTRIES}/${name}`, 'linux /vmlinuz-999\noptions root=/dev/null\n');
    }
    machine.enter(['grub2-editenv', '-', 'unset', 'saved_entry']);
    machine.reboot();
    expect(machine.kernelSetting('osrelease')).toBe(ROCKY_9.kernel);
  });

  test('$kernelopts comes from grubenv, and from grub.cfg when the block is not whole', () => {
    machine = new Machine(RHEL_8);
    machine.enter(['grub2-editenv', '-', 'set', 'kernelopts=root=/dev/nvme0n1p1 ro from-grubenv']);
    machine.reboot();
    expect(commandLine()).toMatch(/ from-grubenv\s*$/);
    machine.write('/boot/grub2/grubenv', machine.read('/boot/grub2/grubenv').slice(0, -1));
    machine.reboot();
    expect(commandLine()).toMatch(/crashkernel=auto/);
  });

  test('a kernel that does not exist is not booted', () => {
    machine = new Machine(ROCKY_9);
    machine.remove(`/boot/vmlinuz-${ROCKY_9.kernel}`);
    expect(() => machine.reboot()).toThrow(/does not exist/);
  });
});

describe('making grub.cfg anew', () => {
  const settings = 'GRUB_CMDLINE_LINUX="from-settings"\nGRUB_ENABLE_BLSCFG=true\n';

  test.each<[string, Image, string[], boolean]>([
    ['leaves the entries of RHEL 9 alone', RHEL_9, [], false],
    ['rewrites the entries of RHEL 9 when asked', RHEL_9, ['--update-bls-cmdline'], true],
    ['rewrites the entries of Amazon Linux 2023', AMAZON_LINUX_2023, [], true],
    ['sets the $kernelopts of RHEL 8', RHEL_8, [], true],
    ['does not set the $kernelopts of RHEL 8 when told so', RHEL_8, ['--no-grubenv-update'], false],
    ['writes the kernels of CentOS 7', CENTOS_7, [], true],
  ])('%s', (_name, image, options, counts) => {
    machine = new Machine(image);
    machine.write('/etc/default/grub', settings);
    machine.regenerateBootLoader(...options);
    machine.reboot();
    expect(commandLine().includes(' from-settings')).toBe(counts);
  });

  test('reads /etc/default/grub.d on Debian and Ubuntu alone', () => {
    for (const [image, reads] of [[UBUNTU_24_04, true], [CENTOS_7, false]] as const) {
      machine = new Machine(image);
      machine.write('/etc/default/grub.d/zz.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT=from-folder\n');
      machine.regenerateBootLoader();
      machine.reboot();
      expect(commandLine().includes(' from-folder')).toBe(reads);
    }
  });
});

describe('a new kernel', () => {
  const newer = (image: Image) => image.kernel.replace(/^\d+/, '9');

  test.each<[string, Image]>([['Amazon Linux 1', AMAZON_LINUX_1], ['CentOS 7', CENTOS_7]])('takes the arguments of the default entry on %s', (_name, image) => {
    machine = new Machine(image);
    machine.write(image.grubConfiguration, machine.read(image.grubConfiguration).replace(/((?:kernel|linux16)\s+\S+)/, '$1 by-hand'));
    machine.reboot();
    machine.installKernel(newer(image));
    machine.reboot();
    expect(commandLine()).toMatch(new RegExp(`vmlinuz-${newer(image)} by-hand `));
  });

  test('takes those of /etc/kernel/cmdline on RHEL 9, or else those of this boot', () => {
    machine = new Machine(RHEL_9);
    machine.write('/etc/kernel/cmdline', 'root=/dev/nvme0n1p1 ro from-kernel-cmdline\n');
    machine.installKernel(newer(RHEL_9));
    machine.reboot();
    expect(commandLine()).toMatch(/ from-kernel-cmdline\s*$/);

    machine = new Machine(ALMA_9);
    withWord(entryOf(ALMA_9), 'by-hand');
    machine.reboot();
    machine.installKernel(newer(ALMA_9));
    machine.reboot();
    expect(commandLine()).toMatch(new RegExp(`^BOOT_IMAGE=/vmlinuz-${newer(ALMA_9)} .* by-hand\\s*$`));
  });

  test('is made with GRUB\'s settings on Ubuntu', () => {
    machine = new Machine(UBUNTU_24_04);
    machine.write('/etc/default/grub.d/zz.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT=from-folder\n');
    machine.installKernel(newer(UBUNTU_24_04));
    machine.reboot();
    expect(commandLine()).toMatch(new RegExp(`vmlinuz-${newer(UBUNTU_24_04)} .* from-folder\\s*$`));
  });
});

describe('crashkernel=auto', () => {
  test.each<[string, Image, number]>([
    ['Red Hat up to 8', RHEL_8, 192], ['Red Hat 7', CENTOS_7, 161], ['Oracle on 7', ORACLE_7, 0], ['Oracle on 8', ORACLE_8, 0], ['Red Hat 9', RHEL_9, 0],
    ['Ubuntu', UBUNTU_24_04, 0],
  ])('the kernel of %s', (_name, image, mib) => {
    expect(reservedBytes('root=/dev/vda1 crashkernel=auto', 2048 * MIB, image.kernel)).toBe(mib * MIB);
  });
});

test('rc.sysinit of Amazon Linux 1 is only relied on to apply /etc/sysctl.conf', () => {
  machine = new Machine(AMAZON_LINUX_1);
  machine.write('/etc/sysctl.d/zz.conf', 'kernel.panic = 7\n');
  machine.write('/etc/sysctl.conf', 'kernel.unknown_nmi_panic = 1\n');
  machine.reboot();
  expect([machine.kernelSetting('panic'), machine.kernelSetting('unknown_nmi_panic')]).toEqual(['0', '1']);
});
