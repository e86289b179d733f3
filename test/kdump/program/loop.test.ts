import { AMAZON_LINUX_2, DEBIAN_12, Image, UBUNTU_22_04, UBUNTU_24_04 } from './images';
import { armedMachine, Machine, MachineOptions } from './machine';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

let machine: Machine;

/** The image with another table in the conffile of kdump-tools. */
function withTable(image: Image, table: string): Image {
  const settings = { ...image.packages['kdump-tools'].settings, '/etc/default/grub.d/kdump-tools.cfg': table };
  return { ...image, packages: { ...image.packages, 'kdump-tools': { ...image.packages['kdump-tools'], settings } } };
}

/** The whole way, asserted at every step. */
function expectLoop(image: Image, options: MachineOptions = {}): void {
  machine = new Machine(image, options);
  const first = machine.run();
  expect(first).toMatchObject({ exitCode: 20, status: { state: 'reboot-required', crashkernelWanted: '256M', crashkernelSeen: '' } });
  expect(first.stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(machine.kernelSetting('unknown_nmi_panic')).toBe('1');
  expect(machine.kernelSetting('panic')).toBe('10');

  machine.reboot();
  expect(machine.run()).toMatchObject({
    exitCode: 0,
    status: {
      program: 'cdk-diagnostic-interrupt',
      version: '1.2.3',
      state: 'armed',
      arch: 'x86_64',
      kernel: image.kernel,
      crashkernelSeen: '256M',
      reservedBytes: 256 * MIB,
      unknownNmiPanic: 1,
      changed: [],
      contradictions: [],
    },
  });

  machine.forgetLog();
  const before = machine.snapshot();
  expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [] } });
  expect(machine.snapshot()).toEqual(before);
  expect(machine.log()).toEqual([]);
}

describe.each<[string, Image]>([
  ['Debian 12', DEBIAN_12], ['Ubuntu 22.04', UBUNTU_22_04], ['Amazon Linux 2', AMAZON_LINUX_2],
])('on %s', (_name, image) => {
  test('the first run configures, a reboot arms, and a further run touches nothing', () => expectLoop(image));

  test('whenRequired asks the agent for one reboot and is armed after it', () => {
    machine = new Machine(image);
    expect(machine.run({ rebootPolicy: 'whenRequired' })).toMatchObject({ exitCode: 194, status: { state: 'reboot-required' } });
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  });

  test('a changed value is configured, and counts after a reboot', () => {
    machine = armedMachine(image);
    expect(machine.run({ crashKernel: '512M,high 72M,low' })).toMatchObject({
      exitCode: 20, status: { state: 'reboot-required', crashkernelWanted: '512M,high 72M,low', crashkernelSeen: '256M' },
    });
    machine.reboot();
    expect(machine.read('/kernel/cmdline').match(/crashkernel=\S+/g)).toEqual(['crashkernel=512M,high', 'crashkernel=72M,low']);
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', crashkernelSeen: '512M,high 72M,low', reservedBytes: 584 * MIB } });
  });
});

test.each([[['bash']], [['bash', '--posix']], [['busybox', 'ash']]])('the same under %s', shell => expectLoop(DEBIAN_12, { sh: shell }));

test('on a machine that is not x86 there is no unknown_nmi_panic to set', () => {
  machine = new Machine(DEBIAN_12, { arch: 'aarch64' });
  expect(machine.run()).toMatchObject({ exitCode: 20, status: { arch: 'aarch64', unknownNmiPanic: null } });
  expect(machine.read('/etc/sysctl.d/zz-cdk-diagnostic-interrupt.conf')).not.toContain('unknown_nmi_panic');
  machine.reboot();
  expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
});

describe('auto', () => {
  test.each<[string, Image, number, string, number]>([
    ['raises what Debian 12 is known to have too small', DEBIAN_12, GIB, '512M-1G:192M,1G-:256M', 256],
    ['raises it on a small machine too', DEBIAN_12, 512 * MIB, '512M-1G:192M,1G-:256M', 192],
    ['counts memory that the firmware took away', DEBIAN_12, GIB - 50 * MIB, '512M-1G:192M,1G-:256M', 256],
    ['leaves Ubuntu 22.04 its own', UBUNTU_22_04, 2 * GIB, '512M-:192M', 192],
    ['leaves Ubuntu 24.04 its own', UBUNTU_24_04, 8 * GIB, '2G-4G:320M,4G-32G:512M,32G-64G:1024M,64G-128G:2048M,128G-:4096M', 512],
    ['takes what the EC2 guide says on Amazon Linux 2', AMAZON_LINUX_2, 2 * GIB, '512M-1G:160M,1G-:256M', 256],
  ])('%s', (_name, image, memory, value, reservedMib) => {
    machine = new Machine(image, { memory });
    expect(machine.run({ crashKernel: 'auto' })).toMatchObject({ exitCode: 20, status: { crashkernelWanted: value } });
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', crashkernelSeen: value, reservedBytes: reservedMib * MIB } });
  });

  test.each([['x86_64', '512M-1G:192M,1G-:256M'], ['aarch64', '1G-4G:256M,4G-64G:320M,64G-:576M']])(
    'takes a sane value on %s when the distribution has none', (arch, value) => {
      machine = new Machine(withTable(UBUNTU_24_04, '# no crashkernel=1M on a small machine\n'), { arch });
      expect(machine.run({ crashKernel: 'auto' }).status.crashkernelWanted).toBe(value);
    });

  test('takes no value from the distribution that a shell would carry out', () => {
    machine = new Machine(withTable(DEBIAN_12, 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=1G$(id)"\n'));
    expect(machine.run({ crashKernel: 'auto' }).status.crashkernelWanted).toBe('512M-1G:192M,1G-:256M');
    expect(machine.read('/etc/default/grub.d/zz-cdk-diagnostic-interrupt.cfg')).not.toContain('id)');
  });
});

describe('a reboot that does not help', () => {
  test('is never asked for a second time', () => {
    machine = new Machine(DEBIAN_12);
    expect(machine.run({ rebootPolicy: 'whenRequired' }).exitCode).toBe(194);
    expect(machine.run()).toMatchObject({ exitCode: 20, status: { cause: expect.stringMatching(/has not happened yet/) } });

    // The machine boots by something else than this grub.cfg.
    const configured = machine.read('/boot/grub/grub.cfg');
    machine.write('/boot/grub/grub.cfg', configured.replace(/ crashkernel=\S+/g, ''));
    machine.reboot();
    machine.write('/boot/grub/grub.cfg', configured);
    for (let run = 0; run < 3; run++) {
      expect(machine.run()).toMatchObject({ exitCode: 20, status: { state: 'reboot-required', cause: expect.stringMatching(/did not help/) } });
    }
  });

  test('two associations that want different values do not reboot the machine in turn', () => {
    machine = new Machine(DEBIAN_12);
    const exitCodes = ['256M', '512M', '256M', '512M'].map(crashKernel => {
      const { exitCode } = machine.run({ rebootPolicy: 'whenRequired', crashKernel });
      machine.reboot();
      return exitCode;
    });
    expect(exitCodes).toEqual([194, 194, 20, 20]);
  });

  test('is put off while the package manager is at work', () => {
    machine = armedMachine(DEBIAN_12);
    machine.run({ crashKernel: '512M' });
    const outcome = machine.run({ rebootPolicy: 'whenRequired' }, '/var/lib/dpkg/lock-frontend');
    expect(outcome).toMatchObject({ exitCode: 20, status: { cause: expect.stringMatching(/package manager is at work/) } });
    expect(machine.run().exitCode).toBe(194);
  });
});

test('fails clearly when the kernel reserves nothing on this much memory', () => {
  machine = new Machine(UBUNTU_24_04, { memory: GIB });
  machine.run({ crashKernel: 'auto' });
  machine.reboot();
  expect(machine.run()).toMatchObject({ exitCode: 23, status: { state: 'insufficient-memory', reservedBytes: 0, remedy: expect.stringMatching(/explicit size/) } });
});

test.each<[string, Image]>([['Debian 12', DEBIAN_12], ['Amazon Linux 2', AMAZON_LINUX_2]])(
  'fails clearly on %s when the crash kernel cannot be loaded, after a bounded wait', (_name, image) => {
    machine = armedMachine(image);
    machine.write('/stand-in/fail-load', '');
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 21, status: { state: 'reserved-not-loaded', cause: expect.stringMatching(/did not load/) } });
    expect(machine.log().filter(each => each.startsWith('sleep')).length).toBeLessThanOrEqual(10);

    machine.remove('/stand-in/fail-load');
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
  });
