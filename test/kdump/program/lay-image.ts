import { randomUUID } from 'crypto';
import * as fs from 'fs';
import * as path from 'path';
import { Image } from './images';
import { layEntries, layGrub } from './lay-grub';
import { layPackages } from './lay-tools';
import type { Machine } from './machine';

// Made once for each image, because grub-mkconfig takes a quarter of a second.
const builtBootLoaders = new Map<string, Record<string, string>>();

/** The files of the image, and a kernel that was booted without crashkernel=. */
export function layImage(machine: Machine, image: Image, arch: string): void {
  layKernel(machine, image, arch);
  machine.write('/etc/os-release', image.osRelease);
  machine.write('/stand-in/facts', `boots_by='${image.bootsBy}'\ngrub_configuration='${image.grubConfiguration}'\nmkconfig='${image.mkconfig}'\n`
    + `entries_options='${image.entries?.options ?? ''}'\nentries_rewritten='${image.entries?.rewritten ?? ''}'\n`);
  for (const [file, content] of Object.entries(image.files)) {
    machine.write(file, content);
  }
  layPackages(machine.root, image);
  ['/var/lib/dpkg/status', '/var/lib/dpkg/lock', '/var/lib/dpkg/lock-frontend', '/var/lib/apt/lists/lock', '/var/cache/apt/archives/lock',
    '/var/lib/rpm/.rpm.lock'].forEach(each => machine.write(each, ''));
  ['var/lib/dpkg/updates', 'etc/sysctl.d', 'etc/systemd/system'].forEach(each => fs.mkdirSync(path.join(machine.root, each), { recursive: true }));
  // Not verified that Amazon Linux 1 has none of this place.
  if (image.mkconfig === 'grub2-mkconfig' && image.init !== 'sysv') fs.mkdirSync(path.join(machine.root, 'usr/lib/dracut/modules.d'), { recursive: true });
  if (image.init === 'sysv') {
    [0, 1, 2, 3, 4, 5, 6].forEach(each => fs.mkdirSync(path.join(machine.root, `etc/rc.d/rc${each}.d`), { recursive: true }));
  }
  fs.symlinkSync('../run', path.join(machine.root, 'var/run'));
  for (const [file, target] of Object.entries(image.links)) {
    fs.mkdirSync(path.join(machine.root, path.dirname(file)), { recursive: true });
    fs.symlinkSync(target, path.join(machine.root, file));
  }
  layGrub(machine.root, image);
  buildBootLoader(machine, image);
}

function layKernel(machine: Machine, image: Image, arch: string): void {
  machine.write('/kernel/cmdline', `BOOT_IMAGE=/boot/vmlinuz-${image.kernel} root=/dev/nvme0n1p1 ro\n`);
  machine.write('/kernel/meminfo', '');
  machine.kernelSetting('osrelease', image.kernel);
  machine.kernelSetting('panic', '0');
  machine.kernelSetting('kexec_load_disabled', '0');
  machine.kernelSetting('random/boot_id', randomUUID());
  if (arch === 'x86_64') {
    machine.kernelSetting('unknown_nmi_panic', '0');
  }
  machine.write('/stand-in/arch', `${arch}\n`);
  machine.write('/stand-in/free-kib', `${50 * 2 ** 20}\n`);
  machine.write('/stand-in/filesystem', `${image.filesystem}\n`);
  machine.write('/sys/kernel/kexec_crash_size', '0\n');
  machine.write('/sys/kernel/kexec_crash_loaded', '0\n');
  for (const kernel of [...image.olderKernels ?? [], image.kernel]) {
    machine.write(`/boot/vmlinuz-${kernel}`, '');
    machine.write(`/boot/config-${kernel}`, ['CONFIG_RELOCATABLE=y', ...image.kernelOptions ?? [], ''].join('\n'));
    machine.write(image.mkconfig === 'grub-mkconfig' ? `/boot/initrd.img-${kernel}` : `/boot/initramfs-${kernel}.img`, '');
  }
}

function buildBootLoader(machine: Machine, image: Image): void {
  if (image.entries) {
    layEntries(machine.root, image);
    const environment = image.links['/boot/grub2/grubenv'] ? path.join(path.dirname(image.grubConfiguration), 'grubenv') : '/boot/grub2/grubenv';
    fs.mkdirSync(path.join(machine.root, path.dirname(environment)), { recursive: true });
    machine.enter(['grub2-editenv', environment, 'create']);
    machine.enter(['grub2-editenv', '-', 'set', `saved_entry=${image.files['/etc/machine-id'].trim()}-${image.kernel}`]);
  }
  if (image.bootsBy === 'legacy') {
    return;
  }
  const made = [image.grubConfiguration, '/boot/grub2/grubenv'];
  const key = JSON.stringify([image.name, image.kernel, image.olderKernels, image.files]);
  let built = builtBootLoaders.get(key);
  if (!built) {
    machine.write(image.grubConfiguration, '');
    machine.enter(['sh', '-c', `${image.mkconfig} > ${image.grubConfiguration}`]);
    built = Object.fromEntries(made.filter(each => machine.exists(each)).map(each => [each, machine.read(each)]));
    builtBootLoaders.set(key, built);
    machine.remove(image.grubConfiguration);
  }
  Object.entries(built).forEach(([file, content]) => machine.write(file, content, 0o600));
}
