import * as fs from 'fs';
import * as path from 'path';
import { Image } from './images';

const STAND_INS = path.join(__dirname, 'stand-ins');
const OPTIONS = { 'always': '--no-grubenv-update', 'when asked': '--no-grubenv-update | --update-bls-cmdline' };

function replaced(text: string, what: RegExp, by: string): string {
  if (!what.test(text)) {
    throw new Error(`The grub-mkconfig of this system has nothing like ${what}: the tests were made with GRUB 2.06 and 2.12 of Debian.`);
  }
  return text.replace(what, by);
}

/** Debian's grub-mkconfig as the other distributions have it: without /etc/default/grub.d, and with Fedora's switches for boot loader entries. */
function vendorMkconfig(image: Image, debian: string): string {
  let text = replaced(debian, /^set -e$/m, '$&\npkgdatadir=/stand-in/grub');
  text = replaced(text, /^for \w+ in \$\{sysconfdir\}\/default\/grub\.d\/\*\.cfg ?; do\n[^]*?^done\n/m, '');
  text = replaced(text, /\}\/grub-editenv"/, '}/grub2-editenv"');
  text = replaced(text, /\}\/grub-script-check"/, '}/grub2-script-check"');
  if (image.entries) {
    const options = image.entries.options === 'kernelopts' ? '--no-grubenv-update' : OPTIONS[image.entries.rewritten ?? 'always'];
    text = replaced(text, /^( *)-\*\)$/m, `$1${options}) export GRUB_SWITCHES="\${GRUB_SWITCHES} \${option}" ;;\n$1-*)`);
    text = replaced(text, /^if test "x\$\{grub_cfg\}" != "x"; then\n {2}rm/m, 'export GRUB_ENABLE_BLSCFG\n$&');
  }
  return text;
}

/** GRUB's tools and scripts, from this system's packages of GRUB 2, under the names and with the differences of the image's system. */
export function layGrub(root: string, image: Image): void {
  if (image.bootsBy === 'legacy') {
    return;
  }
  fs.cpSync(path.join(STAND_INS, 'grub-probe'), path.join(root, 'usr/bin/grub-probe'));
  for (const script of ['00_header', '10_linux', '40_custom']) {
    fs.cpSync(path.join('/etc/grub.d', script), path.join(root, 'etc/grub.d', script), { recursive: true });
  }
  if (image.mkconfig === 'grub-mkconfig') {
    return;
  }
  const mkconfig = path.join(root, 'usr/bin/grub-mkconfig');
  const text = vendorMkconfig(image, fs.readFileSync('/usr/sbin/grub-mkconfig', 'utf8'));
  fs.rmSync(mkconfig);
  fs.writeFileSync(path.join(root, 'usr/bin/grub2-mkconfig'), text, { mode: 0o755 });
  fs.renameSync(path.join(root, 'usr/bin/grub-script-check'), path.join(root, 'usr/bin/grub2-script-check'));
  fs.rmSync(path.join(root, 'usr/bin/grub-editenv'));
  fs.cpSync(path.join(STAND_INS, 'grub2-editenv'), path.join(root, 'usr/bin/grub2-editenv'));

  // Debian's asks dpkg, for each pair of versions, which is newer.
  const library = `${fs.readFileSync('/usr/share/grub/grub-mkconfig_lib', 'utf8')}\nversion_find_latest () { printf '%s\\n' "$@" | sort -V | tail -n 1; }\n`;
  fs.mkdirSync(path.join(root, 'stand-in/grub'));
  fs.writeFileSync(path.join(root, 'stand-in/grub/grub-mkconfig_lib'), library);
  const linux = path.join(root, 'etc/grub.d/10_linux');
  const plain = fs.readFileSync(linux, 'utf8').replace(/^\tlinux\t/gm, `\t${image.linuxCommand ?? 'linux'}\t`);
  if (image.bootsBy === 'bls') {
    fs.writeFileSync(path.join(root, 'stand-in/10_linux-plain'), plain, { mode: 0o755 });
    fs.cpSync(path.join(STAND_INS, 'lib/10_linux-bls'), linux);
  } else {
    fs.writeFileSync(linux, plain, { mode: 0o755 });
  }
}

/** The entries of the image's kernels, and the environment block in which the newest is the default. */
export function layEntries(root: string, image: Image): void {
  fs.mkdirSync(path.join(root, 'boot/loader/entries'), { recursive: true });
  fs.mkdirSync(path.join(root, 'boot/grub2'), { recursive: true });
  const { options, arguments: given, prefix } = image.entries!;
  const name = /^NAME="?([^"\n]*)/m.exec(image.osRelease)?.[1];
  for (const kernel of [...image.olderKernels ?? [], image.kernel]) {
    const entry = `title ${name} (${kernel})\nversion ${kernel}\nlinux ${prefix}/vmlinuz-${kernel}\ninitrd ${prefix}/initramfs-${kernel}.img\n`
      + `options ${options === 'kernelopts' ? '$kernelopts $tuned_params' : `root=/dev/nvme0n1p1 ro ${given}`}\n`
      + 'grub_users $grub_users\ngrub_arg --unrestricted\ngrub_class kernel\n';
    fs.writeFileSync(path.join(root, 'boot/loader/entries', `${image.files['/etc/machine-id'].trim()}-${kernel}.conf`), entry);
  }
}
