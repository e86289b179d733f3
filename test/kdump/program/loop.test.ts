import { AMAZON_LINUX_2, DEBIAN_12, Image, UBUNTU_22_04, UBUNTU_24_04 } from './images';
import { Machine, MachineOptions } from './machine';

let machine: Machine;
afterEach(() => machine.dispose());

const IMAGES: [string, Image][] = [
  ['Debian 12', DEBIAN_12], ['Ubuntu 22.04', UBUNTU_22_04], ['Ubuntu 24.04', UBUNTU_24_04], ['Amazon Linux 2', AMAZON_LINUX_2],
];

describe.each(IMAGES)('on %s', (_name, image) => {
  test('the first run configures, a reboot arms, and a further run touches nothing', () => {
    machine = new Machine(image);

    const first = machine.run();
    expect(first).toMatchObject({ exitCode: 20, status: { state: 'reboot-required', crashkernelWanted: '256M', crashkernelSeen: '' } });
    expect(first.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(machine.kernelSetting('unknown_nmi_panic')).toBe('1');
    expect(machine.kernelSetting('panic')).toBe('10');

    machine.reboot();
    const second = machine.run();
    expect(second).toMatchObject({
      exitCode: 0,
      status: { program: 'cdk-diagnostic-interrupt', version: '1.2.3', state: 'armed', arch: 'x86_64', kernel: image.kernel,
        crashkernelSeen: '256M', reservedBytes: 256 * 2 ** 20, unknownNmiPanic: 1, changed: [], contradictions: [] },
    });

    machine.forgetLog();
    const before = machine.snapshot();
    const third = machine.run();
    expect(third).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [] } });
    expect(machine.snapshot()).toEqual(before);
    expect(machine.log().filter(each => !each.startsWith('systemctl is-enabled'))).toEqual([]);
  });
});
