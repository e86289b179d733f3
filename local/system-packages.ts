/**
 * Makes sure that the programs of the system that the local stand and the tests run are there: installs them where it may,
 * otherwise names the line to type.
 *
 * Usage: tsx local/system-packages.ts demo|record|test|machines|consumers
 */
import { spawnSync } from 'node:child_process';
import { isInstalled, missingPackages } from './instance/host-tools';
import { ARM, X86 } from './instance/platform';
import { canMakeEnvironments } from './python-environment';

/** What the tests run besides, and the Debian/Ubuntu package of each. */
const TEST_TOOLS: Record<string, string> = {
  'shellcheck': 'shellcheck',
  'dash': 'dash',
  'busybox': 'busybox',
  'grub-mkconfig': 'grub-common',
  'update-grub': 'grub2-common',
  'sysctl': 'procps',
  'aws': 'awscli',
  'python3': 'python3',
};

/** What builds packages for other languages than TypeScript. */
const CONSUMER_TOOLS: Record<string, string> = { java: 'default-jdk-headless', mvn: 'maven', go: 'golang-go', python3: 'python3' };

/** The DynamoDB emulator's: Debian has Python's module for virtual environments in a package of its own. */
const missingPython = () => canMakeEnvironments() ? [] : ['python3-venv'];

const missingOf = (tools: Record<string, string>) => Object.keys(tools).filter(tool => !isInstalled(tool)).map(tool => tools[tool]);

/** What for, and so which packages are missing. */
const PURPOSES: Record<string, () => string[]> = {
  demo: () => [...missingPackages(X86), ...missingPython()],
  record: () => [...missingPackages(X86), ...missingPython(), ...missingOf({ tmux: 'tmux' })],
  test: () => [...missingPackages(X86), ...missingPython(), ...missingOf(TEST_TOOLS)],
  consumers: () => [...missingOf(CONSUMER_TOOLS), ...missingPython()],
  machines: () => [...new Set([...missingPackages(X86), ...missingPackages(ARM)])],
};

function main(purpose: string | undefined): number {
  const missingFor = PURPOSES[purpose ?? ''];
  if (!purpose || !missingFor) {
    console.error(`system-packages: ${purpose ?? 'nothing'} was given; allowed is one of ${Object.keys(PURPOSES).join(', ')}.`);
    return 2;
  }
  const missing = missingFor();
  if (missing.length === 0) {
    return 0;
  }
  installIfAllowed(purpose, missing);
  const still = missingFor();
  if (still.length > 0) {
    console.error(`The ${purpose} needs programs of the system that are missing. On Debian or Ubuntu type:\n\n`
      + `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${still.join(' ')}\n`);
    return 1;
  }
  return 0;
}

/** Root may, and so may who needs no password for sudo. */
function installIfAllowed(purpose: string, packages: string[]): void {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const run = (...command: string[]) => {
    const [program, ...args] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command];
    return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
  };
  if (spawnSync([...asRoot, 'apt-get'][0], [...asRoot, 'apt-get', '--version'].slice(1), { stdio: 'ignore' }).status === 0) {
    console.log(`Installing what the ${purpose} needs from the system: ${packages.join(' ')}`);
    run('apt-get', 'update');
    run('apt-get', 'install', '-y', '--no-install-recommends', ...packages);
  }
}

process.exitCode = main(process.argv[2]);
