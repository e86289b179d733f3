import { Image, SLES_12, SLES_15, SLES_15_ARM, SLES_16 } from './images';
import { Machine } from './machine';

// That the stand-ins for SUSE's tools do what the tools do: zypper(8), and the sources of openSUSE/kdump and openSUSE/perl-bootloader.

const GIB = 2 ** 30;
const INSTALL = ['zypper', '--non-interactive', 'install', 'kdump'];

let machine: Machine;

function installed(image: Image, memory = 8 * GIB): Machine {
  return new Machine({ ...image, installed: ['kdump'] }, { memory });
}

describe('zypper', () => {
  beforeEach(() => {
    machine = new Machine(SLES_15);
  });

  test('exits 7 while another one holds the lock, and waits only when told to', () => {
    machine.write('/run/zypp.pid', '1\n');
    expect(machine.enter(INSTALL)).toMatchObject({ status: 7, stderr: expect.stringContaining('pid 1 (zypper)') });
    expect(machine.log()).not.toContain('sleep 30');
    expect(machine.enter(['sh', '-c', `ZYPP_LOCK_TIMEOUT=30 ${INSTALL.join(' ')}`]).status).toBe(7);
    expect(machine.log()).toContain('sleep 30');
    expect(machine.exists('/etc/sysconfig/kdump')).toBe(false);
  });

  test('does not mind the file of a process that is gone', () => {
    machine.write('/run/zypp.pid', '4194000\n');
    expect(machine.enter(INSTALL).status).toBe(0);
    expect(machine.enter(['rpm', '-q', '--quiet', 'kdump']).status).toBe(0);
  });

  test('exits 104 for a package that no repository has', () => {
    expect(machine.enter(['zypper', '-n', 'in', 'kdump-utils'])).toMatchObject({ status: 104, stderr: expect.stringContaining('No provider') });
  });

  test.each([['fail-network', 106], ['fail-scriptlet', 107]])('%s: exits %d, and the package is there all the same', (file, status) => {
    machine.write(`/stand-in/${file}`, '');
    expect(machine.enter(INSTALL).status).toBe(status);
    expect(machine.exists('/usr/bin/kdumptool')).toBe(true);
  });

  test('asks questions that nobody answers', () => {
    expect(machine.enter(['zypper', 'install', 'kdump']).status).toBe(4);
    expect(machine.exists('/usr/bin/kdumptool')).toBe(false);
  });
});

describe('kdumptool', () => {
  test.each<[string, Image, number, string, string]>([
    ['above 4 GiB in two parts', SLES_12, 8 * GIB, 'Low: 72', 'High: 180'],
    ['below 4 GiB in one', SLES_15, 2 * GIB, 'Low: 0', 'High: 188'],
    ['on arm64 in one, called low', SLES_15_ARM, 8 * GIB, 'Low: 272', 'High: 0'],
  ])('calibrate prints the sizes: %s', (_name, image, memory, low, high) => {
    machine = installed(image, memory);
    expect(machine.enter(['kdumptool', 'calibrate']).stdout.split('\n')).toEqual(expect.arrayContaining([`Total: ${memory / 2 ** 20}`, low, high]));
  });

  test.each<[string, Image, number]>([['0.8', SLES_12, 255], ['2.0', SLES_15, 1]])('%s knows no `commandline`', (_version, image, status) => {
    expect(installed(image).enter(['kdumptool', 'commandline']).status).toBe(status);
  });

  test('2.1 compares the command line word by word, and has the boot loader changed', () => {
    machine = installed({ ...SLES_16, files: { ...SLES_16.files, '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n' } });
    expect(machine.enter(['kdumptool', 'commandline']).stdout).toBe('crashkernel=72M,low crashkernel=180M,high\n');
    expect(machine.enter(['kdumptool', 'commandline', '-c']).status).toBe(1);
    expect(machine.enter(['kdumptool', 'commandline', '-c', '-U']).status).toBe(0);
    machine.reboot();
    expect(machine.read('/kernel/cmdline')).toContain(' crashkernel=72M,low crashkernel=180M,high');
    machine.write('/stand-in/calibrate-drift', '4\n');
    expect(machine.enter(['kdumptool', 'commandline', '-c']).status).toBe(0);
    machine.write('/stand-in/calibrate-drift', '5\n');
    expect(machine.enter(['kdumptool', 'commandline', '-c']).status).toBe(1);
  });
});

test('pbl replaces every line that begins with the name, by the value that counts', () => {
  machine = installed(SLES_16);
  const change = (settings: string) => {
    machine.write('/etc/default/grub', settings);
    machine.enter(['pbl', '--add-option', 'crashkernel=1G']);
    return machine.read('/etc/default/grub');
  };
  expect(change('GRUB_CMDLINE_LINUX_DEFAULT="a"\n{ GRUB_CMDLINE_LINUX_DEFAULT="b crashkernel=2G"; }\n'))
    .toBe('GRUB_CMDLINE_LINUX_DEFAULT="b crashkernel=1G"\n{ GRUB_CMDLINE_LINUX_DEFAULT="b crashkernel=2G"; }\n');
  expect(change('GRUB_CMDLINE_LINUX="a"\n')).toBe('GRUB_CMDLINE_LINUX="a"\n');
});

test('the service fails where no memory is reserved, and the early one without an initrd is a success', () => {
  machine = installed(SLES_15);
  expect(machine.enter(['systemctl', 'start', 'kdump'])).toMatchObject({ status: 1, stderr: expect.stringContaining('No crashkernel memory reserved') });
  machine.remove('/var/lib/kdump');
  expect(machine.enter(['systemctl', 'start', 'kdump-early']).status).toBe(0);
});
