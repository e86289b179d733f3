import { AMAZON_LINUX_1, AMAZON_LINUX_2, DEBIAN_12, Image, RHEL_8, RHEL_9, SLES_15, SLES_16 } from './images';
import { Machine } from './machine';
import { tree } from './matrix/tree';

let machine: Machine;

function installed(image: Image): Machine {
  machine = new Machine({ ...image, installed: Object.keys(image.packages) });
  machine.reboot();
  return machine;
}

const IMAGES = [AMAZON_LINUX_1, AMAZON_LINUX_2, RHEL_8, RHEL_9, SLES_15, SLES_16, DEBIAN_12].map(image => [image.name, image] as const);

describe.each(IMAGES)('%s', (_name, image) => {
  test('a revert after a change that failed puts back what the change did not come to', () => {
    const start = tree(installed(image));
    machine.run({ dumpLevel: 17 });
    machine.reboot();
    expect(machine.run().exitCode).toBe(0);
    machine.surround('read-only /boot');
    for (const crashKernel of ['512M', '768M']) {
      expect(machine.run({ crashKernel, dumpLevel: 1 }).exitCode).toBe(25);
    }
    machine.surround();
    const reverted = new Machine(image, {}, machine);
    expect(reverted.run({ ...machine.settings, action: 'revert' }).exitCode).toBe(27);
    expect(tree(reverted)).toEqual(start);

    // Otherwise it comes to its end, and nothing is kept of the run before.
    expect(machine.run().exitCode).toBe(20);
    expect(machine.exists('/var/lib/cdk-diagnostic-interrupt/applied.old')).toBe(false);
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { crashkernelSeen: '768M', changed: [] } });
  });

  test('a revert after dump options were left out again puts everything back', () => {
    const start = tree(installed(image));
    for (const dumpLevel of [17, 1, undefined]) {
      machine.run({ dumpLevel, dumpsToKeep: dumpLevel && 3 });
      machine.reboot();
    }
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { changed: [] } });
    expect(machine.run({ action: 'revert' }).exitCode).toBe(27);
    expect(tree(machine)).toEqual(start);
  });
});
