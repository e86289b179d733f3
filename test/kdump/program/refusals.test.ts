import { AMAZON_LINUX_2, DEBIAN_12, Image } from './images';
import { armedMachine, Machine } from './machine';

let machine: Machine;

function expectRefusal(state: string, exitCode: number, cause: RegExp): void {
  machine.forgetLog();
  const before = machine.snapshot();
  const outcome = machine.run();
  expect(outcome).toMatchObject({ exitCode, status: { state, cause: expect.stringMatching(cause), remedy: expect.stringMatching(/\w/), changed: [] } });
  expect(machine.snapshot()).toEqual(before);
  expect(machine.log()).toEqual([]);
  expect(machine.kernelSetting('panic')).toBe('0');
}

test.each([
  ['Amazon Linux of the future', 'NAME="Amazon Linux"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2031"\n', 'amzn 2031'],
  ['RHEL 6', 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="6.10"\n', 'rhel 6.10'],
  ['RHEL 11', 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="11.0"\n', 'rhel 11.0'],
  ['SLES 11', 'NAME="SLES"\nID="sles"\nVERSION_ID="11.4"\n', 'sles 11.4'],
  ['Debian 10', 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="10"\n', 'debian 10'],
  ['Debian 14', 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="14"\n', 'debian 14'],
  ['Debian testing', 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_CODENAME=forky\n', 'debian '],
  ['Ubuntu 16.04', 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="16.04"\n', 'ubuntu 16.04'],
  ['Ubuntu 24.10', 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.10"\n', 'ubuntu 24.10'],
  ['Ubuntu Core 24', 'NAME="Ubuntu Core"\nID=ubuntu-core\nVERSION_ID="24"\n', 'ubuntu-core 24'],
  ['Kali', 'NAME="Kali GNU/Linux"\nID=kali\nID_LIKE=debian\nVERSION_ID="2026.3"\n', 'kali 2026.3'],
  ['a derivative of Ubuntu with the number of a Debian', 'ID=zorin\nID_LIKE="ubuntu debian"\nVERSION_ID="12"\n', 'zorin 12'],
  ['Fedora', 'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=43\n', 'fedora 43'],
  ['a system without a name', '', 'unknown '],
])('refuses %s, by name, and touches nothing', (_name, osRelease, named) => {
  machine = new Machine({ ...DEBIAN_12, osRelease });
  expectRefusal('unsupported', 24, new RegExp(`'${named}' is not supported`));
});

test('refuses a system without os-release', () => {
  machine = new Machine(DEBIAN_12);
  machine.remove('/etc/os-release');
  expectRefusal('unsupported', 24, /'unknown ' is not supported/);
});

test('does not carry out what os-release says, and reports it as JSON whatever it says', () => {
  const id = 'a"b\\c\td\u0001e\u00e9$(touch /etc/owned)`touch /etc/owned`';
  machine = new Machine({ ...DEBIAN_12, osRelease: `ID=${id}\nVERSION_ID='1'\n` });
  expectRefusal('unsupported', 24, /not supported/);
  const { status } = machine.run();
  expect(status.os).toBe(`${id.replace('\u00e9', '??')} 1`);
});

test('a derivative of Debian is taken for what it says that it is like', () => {
  machine = new Machine({ ...DEBIAN_12, osRelease: 'ID=pop\nID_LIKE="ubuntu debian"\nVERSION_ID="22.04"\n' });
  expect(machine.run()).toMatchObject({ exitCode: 20, status: { os: 'pop 22.04' } });
});

test('refuses a kernel without kexec', () => {
  machine = new Machine(DEBIAN_12);
  machine.remove('/sys/kernel/kexec_crash_size');
  expectRefusal('unsupported', 24, /kexec_crash_size/);
});

test.each<[string, Image]>([['Debian 12', DEBIAN_12], ['Amazon Linux 2', AMAZON_LINUX_2]])('refuses %s when it does not boot by GRUB', (_name, image) => {
  machine = new Machine(image);
  machine.remove(image.grubConfiguration);
  expectRefusal('unsupported', 24, /No configuration of GRUB/);
});

test.each<[string, Image]>([['grub-mkconfig', DEBIAN_12], ['systemctl', DEBIAN_12], ['grub2-mkconfig', AMAZON_LINUX_2], ['yum', AMAZON_LINUX_2]])(
  'refuses a system without %s', (command, image) => {
    machine = new Machine(image);
    machine.breakCommand(command);
    expectRefusal('unsupported', 24, new RegExp(`'${command}' is missing`));
  });

test.each<[string, Image]>([['Debian 12', DEBIAN_12], ['Amazon Linux 2', AMAZON_LINUX_2]])('refuses a hardened %s and touches nothing', (_name, image) => {
  machine = new Machine(image);
  machine.kernelSetting('kexec_load_disabled', '1');
  expectRefusal('blocked-by-hardening', 22, /kexec_load_disabled is 1/);
});

test('hardening that came after the crash kernel was loaded is no hindrance', () => {
  machine = armedMachine(DEBIAN_12);
  machine.kernelSetting('kexec_load_disabled', '1');
  expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });

  // A new path cannot be loaded any more.
  expect(machine.run({ dumpPath: '/srv/crash' })).toMatchObject({ exitCode: 20, status: { cause: expect.stringMatching(/kexec_load_disabled=1/) } });
  expect(machine.run()).toMatchObject({ exitCode: 20 });
  machine.reboot();
  expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  expect(machine.read('/stand-in/loaded-path').trim()).toBe('/srv/crash');
});

test('settings that a hardened kernel cannot load before the next boot are a reboot each, once', () => {
  machine = armedMachine(AMAZON_LINUX_2);
  machine.run();
  for (const dumpLevel of [1, 17]) {
    machine.kernelSetting('kexec_load_disabled', '1');
    expect(machine.run({ dumpLevel, rebootPolicy: 'whenRequired' })).toMatchObject({ exitCode: 194, status: { cause: expect.stringMatching(/kexec_load_disabled=1/) } });
    expect(machine.run()).toMatchObject({ exitCode: 20, status: { cause: expect.stringMatching(/has not happened yet/) } });
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  }
  machine.kernelSetting('kexec_load_disabled', '1');
  expect(machine.run({ dumpLevel: 1 })).toMatchObject({ exitCode: 20, status: { cause: expect.stringMatching(/no second one/) } });
});
