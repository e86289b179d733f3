import { Image } from '../images';
import { armedMachine, Machine } from '../machine';
import { tree } from './tree';

let machine: Machine;

/** Everything that keeps a machine from being armed, for each system. */
export function describeBlocked(...images: Image[]): void {
  describe.each(images.map(image => [image.name, image] as const))('%s', (_name, image) => {
    test('refuses a hardened kernel and changes nothing', () => {
      machine = new Machine(image);
      machine.kernelSetting('kexec_load_disabled', '1');
      const before = machine.snapshot();
      expect(machine.run()).toMatchObject({ exitCode: 22, status: { state: 'blocked-by-hardening', remedy: expect.stringMatching(/\w/) } });
      expect(machine.snapshot()).toEqual(before);
    });

    test('refuses a machine whose boot loader it does not find, and changes nothing', () => {
      machine = new Machine(image);
      machine.remove('/boot/grub');
      machine.remove('/boot/grub2');
      machine.remove('/boot/efi');
      const before = machine.snapshot();
      expect(machine.run()).toMatchObject({ exitCode: 24, status: { state: 'unsupported', cause: expect.stringMatching(/GRUB/) } });
      expect(machine.snapshot()).toEqual(before);
    });

    test('fails without packages and leaves the boot loader alone', () => {
      machine = new Machine({ ...image, installed: [] });
      machine.write('/stand-in/fail-install', '');
      const before = tree(machine);
      const outcome = machine.run();
      expect(outcome).toMatchObject({ exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/could not be installed/) } });
      expect(tree(machine)).toEqual(before);
      machine.remove('/stand-in/fail-install');
      expect(machine.run().exitCode).toBe(20);
    });

    test('insufficient memory is told from a reboot that is due', () => {
      machine = new Machine(image, { memory: 2 ** 30 });
      machine.run();
      machine.reboot();
      machine.run({ crashKernel: '2G-:256M' });
      machine.reboot();
      expect(machine.run()).toMatchObject({ exitCode: 23, status: { state: 'insufficient-memory', reservedBytes: 0, remedy: expect.stringMatching(/size/) } });
    });

    test('a crash kernel that cannot be loaded is told, and loaded when it can be', () => {
      machine = armedMachine(image);
      machine.write('/stand-in/fail-load', '');
      machine.reboot();
      expect(machine.run()).toMatchObject({ exitCode: 21, status: { state: 'reserved-not-loaded', remedy: expect.stringMatching(/log/) } });
      machine.remove('/stand-in/fail-load');
      expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    });

    test('a disk that is too full for a dump is told on the short way too', () => {
      machine = armedMachine(image);
      machine.run();
      machine.write('/stand-in/free-kib', '1000\n');
      for (let run = 0; run < 2; run++) {
        expect(machine.run()).toMatchObject({ exitCode: 26, status: { state: 'low-disk', freeBytes: 1024000, neededBytes: image.copiesAll ? 2 ** 31 : Math.floor(2 ** 31 / 5) } });
      }
      expect(machine.run({ minimumFreeMib: 0 })).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
      machine.write('/stand-in/free-kib', '4194304\n');
      expect(machine.run({ minimumFreeMib: undefined })).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
    });
  });
}
