import { DEBIAN_11, DEBIAN_12, DEBIAN_13, Image, UBUNTU_18_04, UBUNTU_20_04, UBUNTU_24_04, UBUNTU_24_04_ARM, UBUNTU_26_04 } from './images';
import { armedMachine, Machine } from './machine';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const TABLE = '2G-4G:320M,4G-32G:512M,32G-64G:1024M,64G-128G:2048M,128G-:4096M';

let machine: Machine;

test.each<{ image: Image; value: string; reservedMib: number }>([
  { image: DEBIAN_11, value: '512M-1G:192M,1G-:256M', reservedMib: 256 },
  { image: DEBIAN_12, value: '512M-1G:192M,1G-:256M', reservedMib: 256 },
  { image: DEBIAN_13, value: '512M-:192M', reservedMib: 192 },
  { image: UBUNTU_18_04, value: '512M-:192M', reservedMib: 192 },
  { image: UBUNTU_20_04, value: '512M-:192M', reservedMib: 192 },
  { image: UBUNTU_24_04, value: TABLE, reservedMib: 512 },
  { image: UBUNTU_24_04_ARM, value: TABLE, reservedMib: 512 },
  { image: UBUNTU_26_04, value: TABLE, reservedMib: 512 },
])('$image.name is armed by its own value, or by a larger one', ({ image, value, reservedMib }) => {
  machine = new Machine(image, { memory: 8 * GIB });
  expect(machine.run({ crashKernel: 'auto' })).toMatchObject({ exitCode: 20, status: { crashkernelWanted: value } });
  machine.reboot();
  expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', reservedBytes: reservedMib * MIB, changed: [] } });
});

// Since Ubuntu 24.10 the installer decides whether kdump is on: not on a small machine (/usr/share/kdump-tools/kdump_set_default).
test('kdump that was installed and left off is turned on, and is off again after a revert', () => {
  machine = new Machine({ ...UBUNTU_26_04, installed: ['kdump-tools', 'makedumpfile'] });
  machine.write('/etc/default/kdump-tools', machine.read('/etc/default/kdump-tools').replace('USE_KDUMP=1', 'USE_KDUMP=0'));
  machine.write('/var/lib/dpkg/status', ['kdump-tools', 'makedumpfile'].map(each => `Package: ${each}\nStatus: install ok installed\nVersion: 1\n`
    + 'Architecture: all\nMaintainer: nobody\nDescription: stand-in\n\n').join(''));
  machine.reboot();
  expect(machine.run()).toMatchObject({ exitCode: 20, status: { changed: expect.arrayContaining(['/etc/default/kdump-tools']) } });
  expect(machine.read('/etc/default/kdump-tools')).toContain('\nUSE_KDUMP=1\n');
  machine.reboot();
  expect(machine.run().exitCode).toBe(0);
  expect(machine.run({ action: 'revert' }).exitCode).toBe(27);
  expect(machine.read('/etc/default/kdump-tools')).toContain('\nUSE_KDUMP=0\n');
});

test.each<[string, Image, string, RegExp | undefined]>([
  ['Debian 11 knows no zstd', DEBIAN_11, '-c -d 17', /cannot compress by zstd/],
  ['Debian 12 is built without it', DEBIAN_12, '-c -d 17', /cannot compress by zstd/],
  ['Debian 13 is built with it', DEBIAN_13, '-z -d 17', undefined],
])('a compressor is asked for before it is written: %s', (_name, image, args, note) => {
  machine = new Machine(image);
  const { status } = machine.run({ compression: 'zstd', dumpLevel: 17, dumpsToKeep: 2 });
  expect(machine.read('/etc/default/kdump-tools')).toContain(`\nMAKEDUMP_ARGS="${args}"\n`);
  expect(machine.read('/etc/default/kdump-tools')).toMatch(/^KDUMP_NUM_DUMPS=2$/m);
  expect(status.notes).toEqual(note ? [expect.stringMatching(note)] : []);
});

describe('unasked, makedumpfile compresses by zstd where it can', () => {
  const args = () => /^MAKEDUMP_ARGS=.*$/m.exec(machine.read('/etc/default/kdump-tools'))?.[0];

  test.each<[string, Image, string | undefined]>([
    ['Debian 11 knows no zstd', DEBIAN_11, undefined], ['Debian 12 is built without it', DEBIAN_12, undefined], ['Debian 13 is built with it', DEBIAN_13, 'MAKEDUMP_ARGS="-z -d 31"'],
  ])('%s', (_name, image, wanted) => {
    machine = new Machine(image);
    expect(machine.run().status.notes).toEqual([]);
    expect(args()).toBe(wanted);
  });

  test.each(['', 'MAKEDUMP_ARGS=""\n', 'MAKEDUMP_ARGS="-c -d 31"\n', "MAKEDUMP_ARGS='-l -d 1'\n  MAKEDUMP_ARGS='-c -d 31' # why\n"])(
    'a machine that was armed with the distribution\'s own arguments, as %j, has ours after one run, and a revert puts its own back', lines => {
      machine = armedMachine(DEBIAN_13);
      machine.run({ action: 'revert' });
      const theirs = `USE_KDUMP=1\n${lines}KDUMP_COREDIR="/var/crash"\n`;
      machine.write('/etc/default/kdump-tools', theirs);
      machine.run({ action: undefined });
      machine.reboot();
      const ours = machine.read('/etc/default/kdump-tools');
      expect(ours.match(/^ *MAKEDUMP_ARGS=.*$/gm)!.at(-1)).toBe('MAKEDUMP_ARGS="-z -d 31"');
      for (const _run of [2, 3]) expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [] } });
      machine.remove('/run/cdk-diagnostic-interrupt/converged');
      expect(machine.run().status.changed).toEqual([]);
      expect(machine.read('/etc/default/kdump-tools')).toBe(ours);
      expect(machine.run({ action: 'revert' }).exitCode).toBe(27);
      expect(machine.read('/etc/default/kdump-tools')).toBe(theirs);
    });

  test.each(['-l -d 31', '-c -d 17', '-z -d 31 --num-threads 4'])('what somebody wrote there stays: %s', theirs => {
    machine = armedMachine(DEBIAN_13);
    const settings = machine.read('/etc/default/kdump-tools').replace(/^MAKEDUMP_ARGS=.*$/m, `MAKEDUMP_ARGS="${theirs}"`);
    machine.write('/etc/default/kdump-tools', settings);
    for (const _run of [1, 2]) expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    expect(machine.read('/etc/default/kdump-tools')).toBe(settings);
    expect(machine.run({ action: 'revert' }).exitCode).toBe(27);
    expect(machine.read('/etc/default/kdump-tools')).toContain(`\nMAKEDUMP_ARGS="${theirs}"\n`);
  });

  test('what was asked for and is no longer makes room for it', () => {
    machine = armedMachine(DEBIAN_13);
    machine.run({ compression: 'lzo', dumpLevel: 17 });
    expect(args()).toBe('MAKEDUMP_ARGS="-l -d 17"');
    machine.run({ compression: undefined, dumpLevel: undefined });
    expect(args()).toBe('MAKEDUMP_ARGS="-z -d 31"');
  });

  test('a makedumpfile that is replaced by one without zstd is given what it can', () => {
    machine = armedMachine(DEBIAN_13);
    expect(args()).toBe('MAKEDUMP_ARGS="-z -d 31"');
    machine.write('/stand-in/makedumpfile-v', machine.read('/stand-in/makedumpfile-v').replace('zstd\tenabled', 'zstd\tdisabled'));
    machine.run({ dumpPath: '/srv/crash' });
    expect(args()).toBe('MAKEDUMP_ARGS="-c -d 31"');
  });
});

test('Debian 13 reads no /etc/sysctl.conf at boot: what stands there neither helps nor harms', () => {
  machine = new Machine(DEBIAN_13);
  machine.write('/etc/sysctl.conf', 'kernel.unknown_nmi_panic = 0\nkernel.panic = 0\n');
  machine.run();
  machine.reboot();
  expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', unknownNmiPanic: 1 } });
  expect(machine.kernelSetting('panic')).toBe('10');
});
