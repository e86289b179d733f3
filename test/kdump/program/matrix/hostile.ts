import {
  AMAZON_LINUX_1, AMAZON_LINUX_2, AMAZON_LINUX_2023, DEBIAN_12, Image, RHEL_8, RHEL_9, SLES_15, UBUNTU_24_04,
} from '../images';
import { keep, Machine } from '../machine';

function named(...images: Image[]): readonly (readonly [string, Image])[] {
  return images.map(each => [each.name, each] as const);
}

/** One for each way to boot, to install, and to configure kdump. */
export const IMAGES = named(DEBIAN_12, UBUNTU_24_04, AMAZON_LINUX_1, AMAZON_LINUX_2, AMAZON_LINUX_2023, RHEL_8, RHEL_9, SLES_15);
/** Without those that differ from another in their settings only. */
export const FEW_IMAGES = named(DEBIAN_12, AMAZON_LINUX_1, AMAZON_LINUX_2, AMAZON_LINUX_2023, RHEL_8, SLES_15);
/** One for each form of the boot loader, for what has nothing to do with the rest. */
export const FEWEST_IMAGES = named(DEBIAN_12, AMAZON_LINUX_1, RHEL_8);

const templates = new Map<string, Machine>();
const trees = new Map<string, Record<string, string>>();
afterAll(() => templates.forEach(each => each.dispose()));

/** A machine that was prepared in the same way before is copied. */
function copyOf(key: string, image: Image, prepare: () => Machine): Machine {
  let template = templates.get(key);
  if (!template) {
    template = keep(prepare());
    templates.set(key, template);
  }
  return new Machine(image, {}, template);
}

/** A machine that has the packages already, so that only the program itself changes it. */
export function installedMachine(image: Image): Machine {
  return copyOf(`installed ${image.name}`, image, () => {
    const names = Object.keys(image.packages);
    const machine = new Machine({ ...image, installed: names });
    if (image.commands.includes('apt-get')) {
      machine.write('/var/lib/dpkg/status', names.map(each => `Package: ${each}\nStatus: install ok installed\nVersion: 1.0\nArchitecture: all\n`
        + 'Maintainer: nobody\nDescription: stand-in\n\n').join(''));
    }
    machine.reboot();
    return machine;
  });
}

/** The same, configured with `256M`, rebooted, and found armed. */
export function convergedMachine(image: Image): Machine {
  return copyOf(`converged ${image.name}`, image, () => {
    const machine = installedMachine(image);
    machine.run();
    machine.reboot();
    expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed', changed: [] } });
    return machine;
  });
}

/** Files below these directories with their modes and contents, without what the tools of the machine keep for themselves. */
export function tree(machine: Machine, ...directories: string[]): Record<string, string> {
  const entries = Object.entries(machine.snapshot()).map(([file, state]) => [file, state.replace(/ \d+ /, ' ')]);
  return Object.fromEntries(entries.filter(([file]) => !/^(run|var\/(cache|lib\/(kdump|dpkg|rpm|apt)))(\/|$)/.test(file)
    && (directories.length === 0 || directories.some(each => `/${file}/`.startsWith(`${each}/`)))));
}

/** What a first run makes of a machine with the packages when nothing comes in its way. */
export function undisturbedTree(image: Image): Record<string, string> {
  let found = trees.get(image.name);
  if (!found) {
    const machine = installedMachine(image);
    expect(machine.run().exitCode).toBe(20);
    found = tree(machine);
    trees.set(image.name, found);
  }
  return found;
}

/** What GRUB finds when the power fails now: it reads its configuration to the end and boots a kernel. */
export function expectBootable(machine: Machine, image: Image): void {
  if (image.bootsBy !== 'legacy') {
    const check = machine.enter([image.mkconfig.replace('mkconfig', 'script-check'), image.grubConfiguration]);
    expect(check).toMatchObject({ status: 0, stderr: '' });
  }
  const copy = new Machine(image, {}, machine);
  copy.surround();
  copy.reboot(); // throws when no kernel is found
  copy.dispose();
}

/** The trouble is gone: the next run does the rest, and all is as it would be without it. */
export function expectRecovery(machine: Machine, image: Image): void {
  machine.surround();
  expect(machine.run()).toMatchObject({ exitCode: 20, status: { state: 'reboot-required' } });
  expect(tree(machine)).toEqual(undisturbedTree(image));
}

export function crashKernelWords(machine: Machine): string[] {
  return machine.read('/kernel/cmdline').match(/crashkernel=\S+/g) ?? [];
}
