import { AMAZON_LINUX_1, AMAZON_LINUX_2, AMAZON_LINUX_2023, Image, ORACLE_8, RHEL_10, RHEL_7, RHEL_8, RHEL_9, ROCKY_9, ROCKY_9_ARM } from './images';
import { Machine } from './machine';

// That the stand-ins for the tools of Amazon Linux and the Enterprise family do what the tools do: dnf(8), and the sources of
// rhkdump/kdump-utils and rhboot/grubby.

let machine: Machine;

function exitCode(...command: string[]): number | null {
  return machine.enter(command).status;
}

describe('yum and dnf', () => {
  test('dnf installs all of the packages or none, yum 3 those that there are', () => {
    machine = new Machine(AMAZON_LINUX_2023);
    expect(machine.enter(['dnf', '-y', 'install', 'kexec-tools', 'nothing'])).toMatchObject({ status: 1, stderr: 'Error: Unable to find a match: nothing\n' });
    expect(exitCode('rpm', '-q', 'kexec-tools')).toBe(1);
    machine = new Machine(AMAZON_LINUX_2);
    expect(exitCode('yum', '-y', 'install', 'nothing')).toBe(1);
    expect(exitCode('yum', '-y', 'install', 'kexec-tools', 'nothing')).toBe(0);
    expect(exitCode('rpm', '-q', 'kexec-tools')).toBe(0);
  });

  test('nobody answers a question', () => {
    machine = new Machine(AMAZON_LINUX_2023);
    expect(machine.enter(['dnf', 'install', 'kexec-tools'])).toMatchObject({ status: 1, stderr: 'Operation aborted.\n' });
  });

  test.each<[Image, string, string, number]>([
    [AMAZON_LINUX_2, 'yum', '/run/yum.pid', 1], [ROCKY_9, 'dnf', '/var/cache/dnf/metadata_lock.pid', 200], [ROCKY_9, 'yum', '/var/lib/dnf/rpmdb_lock.pid', 200],
  ])('%#: exits when it is told not to wait for the lock', (image, tool, lock, status) => {
    machine = new Machine(image);
    machine.write(lock, '1\n');
    expect(exitCode(tool, '-y', '--setopt=exit_on_lock=1', 'install', 'kexec-tools')).toBe(status);
  });

  test('EL10 has kdump-utils, which brings makedumpfile and kexec-tools', () => {
    machine = new Machine({ ...RHEL_10, installed: [], disabled: [] });
    expect(exitCode('dnf', '-y', 'install', 'kdump-utils')).toBe(0);
    expect(exitCode('rpm', '-q', 'kdump-utils', 'makedumpfile', 'kexec-tools')).toBe(0);
    machine = new Machine(RHEL_9);
    expect(exitCode('dnf', '-y', 'install', 'kdump-utils')).toBe(1);
  });
});

describe('kdumpctl', () => {
  function reserved(image: Image): void {
    machine = new Machine({ ...image, installed: [Object.keys(image.packages)[0]], disabled: ['kdump'] });
    machine.write('/sys/kernel/kexec_crash_size', `${256 * 2 ** 20}\n`);
    machine.write('/var/crash/.keep', '');
  }

  test('status exits 3 until the crash kernel is loaded', () => {
    reserved(RHEL_9);
    expect(machine.enter(['kdumpctl', 'status'])).toMatchObject({ status: 3, stderr: 'kdump: Kdump is not operational\n' });
    expect(exitCode('kdumpctl', 'start')).toBe(0);
    expect(machine.enter(['kdumpctl', 'status'])).toMatchObject({ status: 0, stderr: 'kdump: Kdump is operational\n' });
  });

  test('without memory it does not start, and without crashkernel= its service is skipped', () => {
    machine = new Machine(RHEL_9);
    expect(machine.enter(['kdumpctl', 'start'])).toMatchObject({ status: 1, stderr: expect.stringContaining('No memory reserved for crash kernel') });
    expect([exitCode('systemctl', 'start', 'kdump'), exitCode('systemctl', 'is-active', 'kdump')]).toEqual([0, 3]);
  });

  test.each<[string, Image, string, string | undefined]>([
    ['an option that no release knows', RHEL_9, 'compression zstd', 'Invalid kdump config option compression'],
    ['final_action on EL7', RHEL_7, 'final_action poweroff', 'Invalid kdump config option final_action'],
    ['final_action on EL8', RHEL_8, 'final_action poweroff', undefined],
    ['final_action that does not exist', RHEL_8, 'final_action sleep', 'Usage kdump.conf: final_action'],
    ['auto_reset_crashkernel on EL8', RHEL_8, 'auto_reset_crashkernel no', 'Invalid kdump config option auto_reset_crashkernel'],
    ['auto_reset_crashkernel twice on EL9', RHEL_9, 'auto_reset_crashkernel no', 'Duplicated kdump config value of option auto_reset_crashkernel'],
    ['zstd on EL8', RHEL_8, 'core_collector makedumpfile -z -d 31', 'makedumpfile parameter check failed'],
    ['zstd on EL9', RHEL_9, 'core_collector makedumpfile -z -d 31', undefined],
    ['a dump level that is no number', RHEL_9, 'core_collector makedumpfile -l -d all', 'makedumpfile parameter check failed'],
    ['a path that does not exist', RHEL_9, 'path /var/none', 'Dump path /var/none does not exist'],
  ])('%s', (_name, image, line, refusal) => {
    reserved(image);
    const [option] = line.split(' ');
    const others = machine.read('/etc/kdump.conf').split('\n').filter(each => option === 'auto_reset_crashkernel' || each.split(' ')[0] !== option);
    machine.write('/etc/kdump.conf', [...others, line, ''].join('\n'));
    const { status, stderr } = machine.enter(['kdumpctl', 'start']);
    expect(status).toBe(refusal ? 1 : 0);
    expect(stderr).toContain(refusal ?? 'Starting kdump: [OK]');
  });

  test('knows its default from EL9 on', () => {
    const values = [RHEL_8, RHEL_9, ROCKY_9_ARM, RHEL_10].map(image => new Machine(image).enter(['kdumpctl', 'get-default-crashkernel']).stdout.trim());
    expect(values).toEqual(['', '1G-4G:192M,4G-64G:256M,64G-:512M', '1G-4G:256M,4G-64G:320M,64G-:576M', '2G-64G:256M,64G-:512M']);
  });

  test.each([['yes', '1G-4G:192M,4G-64G:256M,64G-:512M'], ['no', '777M']])('with auto_reset_crashkernel %s an update leaves %s', (setting, value) => {
    machine = new Machine(RHEL_9);
    machine.enter(['grubby', '--update-kernel=ALL', '--args=crashkernel=777M']);
    machine.write('/etc/kdump.conf', `auto_reset_crashkernel ${setting}\npath /var/crash\n`);
    machine.upgradeKdump();
    machine.reboot();
    expect(machine.read('/kernel/cmdline').match(/crashkernel=\S+/g)).toEqual([`crashkernel=${value}`]);
  });
});

describe('grubby', () => {
  test.each<[string, Image]>([
    ['Amazon Linux 1', AMAZON_LINUX_1], ['Amazon Linux 2', AMAZON_LINUX_2], ['Amazon Linux 2023', AMAZON_LINUX_2023], ['RHEL 7', RHEL_7], ['RHEL 8', RHEL_8],
    ['Oracle 8', ORACLE_8], ['RHEL 9', RHEL_9],
  ])('on %s it changes what the machine boots by, and shows it', (_name, image) => {
    machine = new Machine(image);
    machine.enter(['grubby', '--update-kernel=ALL', '--args=crashkernel=777M']);
    const shown = machine.enter(['grubby', '--info=ALL']).stdout;
    expect(shown.match(/^index=/gm)!.length).toBeGreaterThan(image.olderKernels?.length ?? 0);
    expect(shown.match(/crashkernel=777M/g)!.length).toBe(shown.match(/^index=/gm)!.length);
    machine.reboot();
    expect(machine.read('/kernel/cmdline').match(/crashkernel=\S+/g)).toEqual(['crashkernel=777M']);
    machine.enter(['grubby', '--update-kernel=ALL', '--remove-args=crashkernel']);
    expect(machine.enter(['grubby', '--info=ALL']).stdout).not.toContain('crashkernel');
    expect(exitCode('grubby', '--info=/boot/vmlinuz-0')).toBe(1);
  });
});

test('service and chkconfig of Amazon Linux 1', () => {
  machine = new Machine(AMAZON_LINUX_1);
  expect([exitCode('chkconfig', 'kdump'), exitCode('service', 'kdump', 'status')]).toEqual([1, 1]);
  machine.enter(['yum', '-y', 'install', 'kexec-tools']);
  expect([exitCode('chkconfig', 'kdump'), exitCode('service', 'kdump', 'status')]).toEqual([1, 3]);
  machine.enter(['chkconfig', 'kdump', 'on']);
  machine.write('/var/crash/.keep', '');
  machine.enter(['grubby', '--update-kernel=ALL', '--args=crashkernel=160M']);
  machine.reboot();
  expect([exitCode('chkconfig', 'kdump'), exitCode('service', 'kdump', 'status')]).toEqual([0, 0]);
});
