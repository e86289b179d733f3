import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withForeignPrograms } from './foreign-programs';
import { runTool } from './host-tools';
import { Release } from './release';

const GUEST = join(__dirname, 'guest');

/** Everything of ours, besides the release's description, that an image is made from. */
export const SOURCES = [__filename, GUEST];

/** On every release, besides what the platform needs. */
const PACKAGES = ['initramfs-tools', 'zstd', 'kmod', 'udev', 'systemd', 'systemd-sysv', 'procps', 'python3', 'curl'];

/** How long the set-up boot may take; it takes half a minute under software emulation on one busy core. */
const BOOT_LOADER_SECONDS = 300;

/** Makes `disk.qcow2` in the work folder. */
export async function buildDisk(release: Release, work: string, onProgress: (what: string) => void): Promise<void> {
  const root = join(work, 'root.tar');
  onProgress(`installing ${release.name}`);
  await withForeignPrograms(release.platform, () => installPackages(release, root));
  onProgress('making the disk');
  await makeDisk(root, join(work, 'disk.qcow2'));
  onProgress('installing the boot loader');
  await installBootLoader(release, work);
  rmSync(join(work, 'boot'), { recursive: true });
  rmSync(root);
}

/** The root file system as a tar archive. Scripts are handed over as text: without root, mmdebstrap's user may not read our files. */
async function installPackages({ suite, platform, ended }: Release, tar: string): Promise<void> {
  const { architecture, packages, takesInterrupts } = platform;
  await runTool('mmdebstrap', [
    '--mode', isRoot() ? 'root' : 'unshare',
    '--variant', 'apt',
    '--format', 'tar',
    '--architectures', architecture,
    '--aptopt', 'Acquire::Languages "none"',
    '--dpkgopt', 'path-exclude=/usr/share/doc/*',
    '--dpkgopt', 'path-exclude=/usr/share/man/*',
    '--dpkgopt', 'path-exclude=/usr/share/locale/*',
    '--include', [...packages, ...PACKAGES].join(','),
    ...ended ? ['--setup-hook', 'sed -i /-security/d "$1/etc/apt/sources.list"'] : [],
    ...['files', `files-${architecture}`].flatMap(files => ['--essential-hook', `sync-in ${quote(join(GUEST, files))} /`]),
    '--customize-hook', 'mkdir -p "$1/usr/local/lib/cdi-agent"',
    '--customize-hook', `upload ${quote(join(GUEST, 'agent.py'))} /usr/local/lib/cdi-agent/agent.py`,
    '--customize-hook', `upload ${quote(join(GUEST, 'install-boot-loader.sh'))} /sbin/install-boot-loader`,
    ...takesInterrupts ? ['--customize-hook', `copy-in ${quote(join(GUEST, 'hang'))} /usr/src`] : [],
    '--customize-hook', readFileSync(join(GUEST, 'customize.sh'), 'utf8'),
    suite, tar,
  ]);
}

async function makeDisk(tar: string, disk: string): Promise<void> {
  const input = openSync(tar, 'r');
  const output = openSync(disk, 'wx');
  const script = ['-c', readFileSync(join(GUEST, 'make-disk.sh'), 'utf8')];
  const env = { TMPDIR: process.env.TMPDIR ?? '/var/tmp' };
  try {
    await runTool(...(isRoot() ? ['sh', script] : ['mmdebstrap', ['--unshare-helper', 'sh', ...script]]) as [string, string[]],
      { stdio: [input, output, 'pipe'], env });
  } finally {
    closeSync(input);
    closeSync(output);
  }
}

/** Boots the disk's own kernel once, so that the real grub-install and update-grub write the boot loader. */
async function installBootLoader({ platform }: Release, work: string): Promise<void> {
  const boot = join(work, 'boot');
  await runTool('tar', ['-x', '-C', work, '-f', join(work, 'root.tar'), '--wildcards', './boot/vmlinuz-*', './boot/initrd.img-*']);
  const file = (prefix: string) => join(boot, readdirSync(boot).find((name) => name.startsWith(prefix))!);
  const console = await runTool('timeout', [
    String(BOOT_LOADER_SECONDS),
    platform.qemu, ...platform.board, '-accel', 'tcg,thread=multi', '-smp', '2', '-m', '1024', '-nodefaults', '-display', 'none',
    '-no-reboot', '-serial', 'stdio',
    '-drive', `file=${join(work, 'disk.qcow2').replaceAll(',', ',,')},format=qcow2,if=virtio,cache=unsafe`,
    '-kernel', file('vmlinuz-'), '-initrd', file('initrd.img-'),
    '-append', `root=/dev/vda1 rw console=${platform.console} norandmaps panic=-1 init=/sbin/install-boot-loader`,
  ]);
  if (!console.includes('boot loader installed')) {
    throw new Error(`GRUB was not installed on the instance's disk; the console ends with:\n${console.slice(-3000)}`);
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function quote(path: string): string {
  return `'${path.replaceAll('\'', '\'\\\'\'')}'`;
}
