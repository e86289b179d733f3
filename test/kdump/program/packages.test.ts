import { AMAZON_LINUX_2, DEBIAN_12, UBUNTU_22_04 } from './images';
import { armedMachine, Machine } from './machine';

let machine: Machine;

function expectUntouchedBootLoader(): void {
  expect(machine.exists('/etc/default/grub.d/zz-cdk-diagnostic-interrupt.cfg')).toBe(false);
  expect(machine.read('/etc/default/grub')).not.toContain('crashkernel');
  expect(machine.exists('/etc/sysctl.d/zz-cdk-diagnostic-interrupt.conf')).toBe(false);
}

test('on Debian makedumpfile is installed, what is only recommended is not, and debconf has its answers', () => {
  machine = new Machine(DEBIAN_12);
  machine.run();
  const install = machine.log().find(each => /^apt-get .* install /.test(each));
  expect(install).toMatch(/ --no-install-recommends install kdump-tools makedumpfile$/);
  expect(machine.read('/stand-in/debconf')).toBe('kdump-tools kdump-tools/use_kdump boolean true\nkexec-tools kexec-tools/load_kexec boolean false\n');
});

test('a package that is missing later is installed again', () => {
  machine = armedMachine(DEBIAN_12);
  machine.write('/var/lib/dpkg/status', machine.read('/var/lib/dpkg/status').replace(/Package: makedumpfile\n[^]*?\n\n/, ''));
  expect(machine.run()).toMatchObject({ exitCode: 0, status: { changed: ['packages kdump-tools makedumpfile'] } });
  expect(machine.read('/var/lib/dpkg/status')).toContain('Package: makedumpfile');
});

test.each(['/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock', '/var/lib/apt/lists/lock'])('fails after ten minutes when %s is held for ever', lock => {
  machine = new Machine(UBUNTU_22_04);
  const outcome = machine.run({}, lock);
  expect(outcome).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/lock of the package manager/) } });
  expect(machine.log().filter(each => each === 'sleep 10')).toHaveLength(60);
  expect(machine.log().filter(each => each.startsWith('apt-get'))).toEqual([]);
  expectUntouchedBootLoader();
});

test('fails when the packages cannot be installed, and recovers', () => {
  machine = new Machine(DEBIAN_12);
  machine.write('/stand-in/fail-install', '');
  const outcome = machine.run();
  expect(outcome).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/could not be installed/) } });
  expect(outcome.stderr).toContain('Unable to locate package');
  expectUntouchedBootLoader();

  machine.remove('/stand-in/fail-install');
  expect(machine.run().exitCode).toBe(20);
});

test('a package source that does not answer is no hindrance when the packages are known', () => {
  machine = new Machine(DEBIAN_12);
  machine.write('/stand-in/apt-lists', '');
  machine.write('/stand-in/fail-network', '');
  expect(machine.run().exitCode).toBe(20);
});

test('an installation that a power loss interrupted is finished', () => {
  machine = new Machine(DEBIAN_12);
  machine.write('/var/lib/dpkg/updates/0001', '');
  expect(machine.run().exitCode).toBe(20);
  expect(machine.log()).toContain('dpkg --force-confdef --force-confold --configure -a');
});

test('on Amazon Linux 2 it fails after ten minutes when another yum runs for ever', () => {
  machine = new Machine(AMAZON_LINUX_2);
  machine.write('/run/yum.pid', '1\n');
  expect(machine.run()).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/lock of the package manager/) } });
  expect(machine.log()).toEqual(Array(60).fill('sleep 10'));
  expectUntouchedBootLoader();
});

test('on Amazon Linux 2 it fails, and does not wait without end, when another yum comes in between', () => {
  machine = new Machine(AMAZON_LINUX_2);
  machine.breakCommand('yum', 'echo 1 > /run/yum.pid; exec yum.intact "$@"');
  expect(machine.run()).toMatchObject({ exitCode: 25, status: { cause: expect.stringMatching(/could not be installed/) } });
});

test('on Debian it fails when another apt comes in between', () => {
  machine = new Machine(DEBIAN_12);
  machine.breakCommand('apt-get', 'perl /stand-in/lock-tool.pl hold /var/lib/dpkg/lock-frontend /stand-in/held > /dev/null 2>&1 &\n'
    + 'until [ -e /stand-in/held ]; do :; done; exec apt-get.intact "$@"');
  expect(machine.run()).toMatchObject({ exitCode: 25, status: { cause: expect.stringMatching(/could not be installed/) } });
});

test('on Amazon Linux 2 a pid file that a dead yum left is no hindrance', () => {
  machine = new Machine(AMAZON_LINUX_2);
  machine.write('/run/yum.pid', '4194000\n');
  expect(machine.run().exitCode).toBe(20);
});

test('on Amazon Linux 2 it fails when kexec-tools cannot be installed', () => {
  machine = new Machine(AMAZON_LINUX_2);
  machine.write('/stand-in/fail-install', '');
  expect(machine.run()).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/could not be installed: kexec-tools/) } });
  expectUntouchedBootLoader();
});
