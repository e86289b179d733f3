/**
 * Makes sure that the programs of the system that the local stand and the tests run are there: installs them where it may,
 * otherwise names the line to type.
 *
 * Usage: tsx local/system-packages.ts demo|test
 */
import { spawnSync } from 'child_process';
import { existsSync } from 'fs';
import { delimiter, join } from 'path';

/** Debian and Ubuntu package → a file or program that it brings. */
const DEMO = {
  'qemu-system-x86': 'qemu-system-x86_64',
  'qemu-utils': 'qemu-img',
  'mmdebstrap': 'mmdebstrap',
  'e2fsprogs': 'mke2fs',
  'fdisk': 'sfdisk',
};
const TEST = {
  ...DEMO,
  'shellcheck': 'shellcheck',
  'dash': 'dash',
  'busybox-static': 'busybox',
  'awscli': 'aws',
  'python3': 'python3',
};
// Where root's programs lie, which an ordinary user's PATH may lack.
const PROGRAM_FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];

function main(purpose: string | undefined): number {
  if (purpose !== 'demo' && purpose !== 'test') {
    console.error(`system-packages: ${purpose ?? 'nothing'} was given; "demo" or "test" is allowed.`);
    return 2;
  }
  const missing = missingPackages(purpose === 'demo' ? DEMO : TEST);
  if (missing.length === 0) {
    return 0;
  }
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (canRun([...asRoot, 'apt-get', '--version'])) {
    console.log(`Installing what the ${purpose} needs from the system: ${missing.join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const command of [['apt-get', 'update'], install]) {
      const [program, ...args] = [...asRoot, ...command];
      spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
    }
  }
  const still = missingPackages(purpose === 'demo' ? DEMO : TEST);
  if (still.length > 0) {
    console.error(`The ${purpose} needs programs of the system that are missing. On Debian or Ubuntu type:\n\n`
      + `  sudo apt-get update && sudo ${install.slice(0, 4).join(' ')} ${still.join(' ')}\n`);
    return 1;
  }
  return 0;
}

function missingPackages(packages: Record<string, string>): string[] {
  return Object.keys(packages).filter(name => !PROGRAM_FOLDERS.some(folder => existsSync(join(folder, packages[name]))));
}

function canRun([program, ...args]: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

process.exitCode = main(process.argv[2]);
