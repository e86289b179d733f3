import { DEBIAN_11, DEBIAN_12, DEBIAN_13, Image, UBUNTU_18_04, UBUNTU_20_04, UBUNTU_24_04, UBUNTU_24_04_ARM, UBUNTU_26_04 } from './images';
import { Machine } from './machine';

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

test('Debian 13 reads no /etc/sysctl.conf at boot: what stands there neither helps nor harms', () => {
  machine = new Machine(DEBIAN_13);
  machine.write('/etc/sysctl.conf', 'kernel.unknown_nmi_panic = 0\nkernel.panic = 0\n');
  machine.run();
  machine.reboot();
  expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', unknownNmiPanic: 1 } });
  expect(machine.kernelSetting('panic')).toBe('10');
});
