import { convergedMachine, expectBootable, expectRecovery, FEW_IMAGES, installedMachine, tree } from './hostile';
import { Machine } from '../machine';

let machine: Machine;

describe.each(FEW_IMAGES)('%s', (_name, image) => {
  test('fails on a full /boot, with all of it as it was, and goes on when there is room', () => {
    machine = installedMachine(image);
    const before = tree(machine, '/boot');
    machine.surround('full /boot 0 0');
    expect(machine.run()).toMatchObject({
      exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/\/boot\/|grub2?-mkconfig failed/), remedy: expect.stringMatching(/full|standard error/) },
    });
    expect(tree(machine, '/boot')).toEqual(before);
    expectBootable(machine, image);
    // Wherever the room ends, it is the old configuration or the new one.
    for (const [kib, inodes] of [[4, 2], [12, 3]]) {
      machine.surround(`full /boot ${kib} ${inodes}`);
      const { exitCode, status } = machine.run();
      expect([[25, 'failed'], [20, 'reboot-required']]).toContainEqual([exitCode, status.state]);
      expectBootable(machine, image);
    }
    if (image.bootsBy === 'grub.cfg') {
      // There it was a file system of its own, from whose root GRUB names the kernels.
      machine.write(image.grubConfiguration, machine.read(image.grubConfiguration).replace(/\t\/(vmlinuz|init)/g, '\t/boot/$1'), 0o600);
    }
    expectRecovery(machine, image);
  });

  test('fails on a full /var before anything is changed, and goes on when there is room', () => {
    machine = installedMachine(image);
    const before = tree(machine);
    machine.surround('full /var 0 0');
    expect(machine.run()).toMatchObject({
      exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/could not be kept in \/var\/lib/), remedy: expect.stringMatching(/\/var full/) },
    });
    const after = tree(machine);
    delete after['var/lib/cdk-diagnostic-interrupt'];
    expect(after).toEqual(before);
    machine.surround('full /var 12 8');
    const { exitCode, status } = machine.run();
    expect([[25, 'failed'], [20, 'reboot-required']]).toContainEqual([exitCode, status.state]);
    expectBootable(machine, image);
    expectRecovery(machine, image);
  });

  test('fails on a read-only /etc that has to change, which stays as it is', () => {
    machine = installedMachine(image);
    const before = tree(machine, '/etc');
    machine.surround('read-only /etc');
    expect(machine.run()).toMatchObject({
      exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/^\/etc\/\S+ could not be written/), remedy: expect.stringMatching(/read-only/) },
    });
    expect(tree(machine, '/etc')).toEqual(before);
    expectBootable(machine, image);
    expectRecovery(machine, image);
  });

  test('fails on a read-only /boot that has to change, which stays as it is', () => {
    machine = installedMachine(image);
    const before = tree(machine, '/boot');
    machine.surround('read-only /boot');
    expect(machine.run()).toMatchObject({
      exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/\/boot\/|grub2?-mkconfig failed/), remedy: expect.stringMatching(/read-only|standard error/) },
    });
    expect(tree(machine, '/boot')).toEqual(before);
    expectRecovery(machine, image);
  });

  test('is armed on disks that cannot be written, by the short way and by the long one', () => {
    machine = convergedMachine(image);
    machine.write('/var/lib/amazon/ssm/i-0123456789abcdef0/x', '');
    const before = tree(machine);
    machine.surround('read-only /etc', 'read-only /boot', 'read-only /var', 'read-only /run');
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [] } });
    machine.remove('/run/cdk-diagnostic-interrupt/converged');
    for (const lock of ['a lock', 'no directory for it']) {
      expect({ lock, ...machine.run() }).toMatchObject({ lock, exitCode: 0, stderr: expect.stringMatching(/converged could not be written/), status: { state: 'armed', changed: [] } });
      machine.remove('/run/cdk-diagnostic-interrupt');
    }
    expect(tree(machine)).toEqual(before);
  });

  test('is armed when /var and /run have no room left', () => {
    machine = convergedMachine(image);
    machine.write('/var/lib/amazon/ssm/i-0123456789abcdef0/x', '');
    machine.remove('/run/cdk-diagnostic-interrupt');
    machine.surround('full /run 0 0');
    expect(machine.run()).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/converged could not be written/), status: { state: 'armed', changed: [] } });
    machine.remove('/var/lib/amazon/ssm/i-0123456789abcdef0/inventory');
    machine.surround('full /var 0 0');
    expect(machine.run()).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/json could not be written/), status: { state: 'armed', changed: [] } });
  });
});
