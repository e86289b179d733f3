import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { requireTools, runTool } from './host-tools';

const GUEST = join(__dirname, 'guest');

const PACKAGES = [
  'linux-image-cloud-amd64', 'initramfs-tools', 'zstd', 'kmod', 'udev', 'systemd', 'systemd-sysv', 'grub-pc', 'procps', 'python3',
];

/** What nothing has used for this long is removed when a new image was built: images of other recipes, and killed builds. */
const UNUSED_HOURS = 14 * 24;
const ABANDONED_HOURS = 1;

/** How long the set-up boot may take; it takes half a minute under software emulation on one busy core. */
const BOOT_LOADER_SECONDS = 120;

/**
 * The instance's disk: Debian 12 with a boot loader, the agent's stand-in, the hang module and, as packages, what kdump needs.
 *
 * It is built once and cached under a hash of everything of ours that it is made from. Its age is not bounded: the machine
 * reaches no network, and the packages on its disk fit the kernel that was built in with them.
 */
export class DiskImage {
  /** Path of the image for today's recipe, built if need be. Never write to it; put an overlay on it. */
  public static async provide(onProgress: (what: string) => void = () => {}): Promise<string> {
    const directory = join(DiskImage.cacheDirectory(), DiskImage.recipeHash());
    const image = join(directory, 'disk.qcow2');
    if (!existsSync(image)) {
      requireTools();
      await build(directory, onProgress);
      removeUnused(DiskImage.cacheDirectory(), directory);
    }
    utimesSync(directory, new Date(), new Date());
    return image;
  }

  /** Whether the image for today's recipe is there already. */
  public static isCached(): boolean {
    return existsSync(join(DiskImage.cacheDirectory(), DiskImage.recipeHash(), 'disk.qcow2'));
  }

  public static cacheDirectory(): string {
    return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cdk-diagnostic-interrupt', 'instance-image');
  }

  private static recipeHash(): string {
    const hash = createHash('sha256');
    for (const file of [__filename, ...filesBelow(GUEST)]) {
      const content = readFileSync(file);
      hash.update(`${relative(__dirname, file)} ${content.length}\n`).update(content);
    }
    return hash.digest('hex').slice(0, 16);
  }
}

/** Builds beside the goal and renames: a build that is killed leaves no image, and of two at once the first one's is kept. */
async function build(directory: string, onProgress: (what: string) => void): Promise<void> {
  const work = `${directory}.${randomUUID()}.building`;
  mkdirSync(work, { recursive: true });
  try {
    onProgress('installing Debian');
    await installPackages(join(work, 'root.tar'));
    onProgress('making the disk');
    await makeDisk(join(work, 'root.tar'), join(work, 'disk.qcow2'));
    onProgress('installing the boot loader');
    await installBootLoader(work);
    rmSync(join(work, 'boot'), { recursive: true });
    rmSync(join(work, 'root.tar'));
    try {
      renameSync(work, directory);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) {
        throw error;
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The root file system as a tar archive. Scripts are handed over as text: without root, mmdebstrap's user may not read our files. */
async function installPackages(tar: string): Promise<void> {
  await runTool('mmdebstrap', [
    '--mode', isRoot() ? 'root' : 'unshare',
    '--variant', 'apt',
    '--format', 'tar',
    '--aptopt', 'Acquire::Languages "none"',
    '--dpkgopt', 'path-exclude=/usr/share/doc/*',
    '--dpkgopt', 'path-exclude=/usr/share/man/*',
    '--dpkgopt', 'path-exclude=/usr/share/locale/*',
    '--include', PACKAGES.join(','),
    '--essential-hook', `sync-in ${quote(join(GUEST, 'files'))} /`,
    '--customize-hook', 'mkdir -p "$1/usr/local/lib/cdi-agent"',
    '--customize-hook', `upload ${quote(join(GUEST, 'agent.py'))} /usr/local/lib/cdi-agent/agent.py`,
    '--customize-hook', `upload ${quote(join(GUEST, 'install-boot-loader.sh'))} /sbin/install-boot-loader`,
    '--customize-hook', `copy-in ${quote(join(GUEST, 'hang'))} /usr/src`,
    '--customize-hook', readFileSync(join(GUEST, 'customize.sh'), 'utf8'),
    'bookworm', tar,
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
async function installBootLoader(work: string): Promise<void> {
  const boot = join(work, 'boot');
  await runTool('tar', ['-x', '-C', work, '-f', join(work, 'root.tar'), '--wildcards', './boot/vmlinuz-*', './boot/initrd.img-*']);
  const file = (prefix: string) => join(boot, readdirSync(boot).find((name) => name.startsWith(prefix))!);
  const console = await runTool('timeout', [
    String(BOOT_LOADER_SECONDS),
    'qemu-system-x86_64', '-machine', 'q35', '-accel', 'tcg,thread=multi', '-smp', '2', '-m', '1024', '-nodefaults', '-display', 'none',
    '-no-reboot', '-serial', 'stdio',
    '-drive', `file=${join(work, 'disk.qcow2').replaceAll(',', ',,')},format=qcow2,if=virtio,cache=unsafe`,
    '-kernel', file('vmlinuz-'), '-initrd', file('initrd.img-'),
    '-append', 'root=/dev/vda1 rw console=ttyS0 norandmaps panic=-1 init=/sbin/install-boot-loader',
  ]);
  if (!console.includes('boot loader installed')) {
    throw new Error(`GRUB was not installed on the instance's disk; the console ends with:\n${console.slice(-3000)}`);
  }
}

function removeUnused(cache: string, used: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    const hours = name.endsWith('.building') ? ABANDONED_HOURS : UNUSED_HOURS;
    if (path !== used && Date.now() - statSync(path).mtimeMs > hours * 3_600_000) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function quote(path: string): string {
  return `'${path.replaceAll('\'', '\'\\\'\'')}'`;
}
