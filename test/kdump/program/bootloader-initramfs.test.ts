import * as path from 'path';
import { boot } from './boot';
import { expectNothingBeside } from './grub-files';
import { AMAZON_LINUX_2, CENTOS_7, DEBIAN_12, Image, SLES_15, UBUNTU_26_04 } from './images';
import { armedMachine, Machine } from './machine';

let machine: Machine;

// A package manager between unpacking and the scriptlets, or one that was interrupted there and holds no lock any more.
describe('a kernel without its initramfs', () => {
  const NEWER = /^\d+/;

  function layKernel(image: Image): string {
    const kernel = image.kernel.replace(NEWER, '9');
    machine.write(`/boot/vmlinuz-${kernel}`, '');
    machine.write(`/boot/config-${kernel}`, 'CONFIG_RELOCATABLE=y\n');
    return kernel;
  }

  function layInitramfs(image: Image, kernel: string): void {
    machine.write(image.mkconfig === 'grub-mkconfig' ? `/boot/initrd.img-${kernel}` : `/boot/initramfs-${kernel}.img`, '');
  }

  /** As Ubuntu's 10_linux does it for GRUB_FORCE_PARTUUID: without an initramfs at first, and with it after a panic; both only where there is one. */
  function bootWithoutInitramfs(image: Image): void {
    machine.write('/stand-in/10_linux-plain', machine.read('/etc/grub.d/10_linux'), 0o755);
    machine.write('/stand-in/tries.pl', 's/(\\tlinux\\t.*)\\n((?:\\s*echo.*\\n)?\\s*initrd\\t.*\\n)/\\tif [ "\\${initrdfail}" = 1 ]; then\\n$1\\n$2\\telse\\n$1 panic=-1\\n\\tfi\\n/g\n');
    machine.write('/etc/grub.d/10_linux', '#!/bin/sh\n/stand-in/10_linux-plain | perl -0p /stand-in/tries.pl\n', 0o755);
    machine.regenerateBootLoader();
    expect(machine.read(image.grubConfiguration)).toMatch(/initrd\t.*\n\s*else\n\s*linux\t.* panic=-1\n/);
  }

  function expectRefusal(image: Image): void {
    const kernel = layKernel(image);
    const running = machine.read(image.grubConfiguration);
    expect(machine.run({ crashKernel: '512M', rebootPolicy: 'whenRequired' })).toMatchObject({
      exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(`without an initramfs for \\S*/vmlinuz-${kernel}; `) },
    });
    expect(machine.read(image.grubConfiguration)).toBe(running);
    expect(boot(machine.root, image).kernel).toBe(image.kernel);
    expectNothingBeside(machine, path.dirname(image.grubConfiguration));

    layInitramfs(image, kernel);
    expect(machine.run().exitCode).toBe(194);
    expect(boot(machine.root, image).kernel).toBe(kernel);
  }

  test.each([DEBIAN_12, UBUNTU_26_04, AMAZON_LINUX_2, CENTOS_7, SLES_15].map(image => [image.name, image] as const))(
    'fails on %s, which boots what it booted, until it has one', (_name, image) => {
      machine = armedMachine(image);
      expectRefusal(image);
    });

  test('fails with microcode as the only initrd', () => {
    machine = armedMachine(UBUNTU_26_04);
    machine.write('/boot/microcode.cpio', '');
    expectRefusal(UBUNTU_26_04);
  });

  test('fails where kernels are booted without one as long as they can be', () => {
    machine = armedMachine(UBUNTU_26_04);
    bootWithoutInitramfs(UBUNTU_26_04);
    expectRefusal(UBUNTU_26_04);
  });

  test('is no hindrance when the present grub.cfg boots it already, and stays in it', () => {
    machine = armedMachine(DEBIAN_12);
    const kernel = layKernel(DEBIAN_12);
    machine.regenerateBootLoader();
    expect(machine.run({ crashKernel: '512M' }).exitCode).toBe(20);
    expect(boot(machine.root, DEBIAN_12).kernel).toBe(kernel);
  });

  test('fails after ten minutes, before grub.cfg is made anew, when the package manager is at work for ever', () => {
    machine = armedMachine(DEBIAN_12);
    const running = machine.read('/boot/grub/grub.cfg');
    expect(machine.run({ crashKernel: '512M' }, '/var/lib/dpkg/lock-frontend')).toMatchObject({
      exitCode: 25, status: { state: 'failed', cause: expect.stringMatching(/lock of the package manager/) },
    });
    expect(machine.log().filter(each => each === 'sleep 10')).toHaveLength(60);
    expect(machine.read('/boot/grub/grub.cfg')).toBe(running);
    expect(machine.run()).toMatchObject({ exitCode: 20, status: { changed: ['/boot/grub/grub.cfg'] } });
  });
});
