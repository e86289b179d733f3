import { ChildProcess, spawn, SpawnOptions } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { Platform } from './platform';

/** Where system administration tools are, which an ordinary user's PATH may lack. */
const SEARCH_PATH = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(Boolean);

/** What every instance is built and run with, and the Debian/Ubuntu package of each. */
const TOOLS: Record<string, string> = {
  'qemu-img': 'qemu-utils',
  'mmdebstrap': 'mmdebstrap',
  'mke2fs': 'e2fsprogs',
  'sfdisk': 'fdisk',
  'setpriv': 'util-linux',
  // mmdebstrap verifies Debian's archive with it; Ubuntu has it in a package of its own.
  '/usr/share/keyrings/debian-archive-keyring.gpg': 'debian-archive-keyring',
};

/** The tools that run. */
const running = new Set<ChildProcess>();

/** The packages that a local instance needs and this machine lacks. */
export function missingPackages(platform: Platform): string[] {
  const tools = { ...TOOLS, ...platform.tools, ...process.getuid?.() === 0 ? {} : { newuidmap: 'uidmap' } };
  return Object.entries(tools).filter(([tool]) => !isInstalled(tool)).map(([, name]) => name);
}

/** Throws, with the line to type, when a package is missing. */
export function requireTools(platform: Platform): void {
  const missing = missingPackages(platform);
  if (missing.length > 0) {
    throw new Error(`The local instance needs ${missing.join(', ')}. Install with: sudo apt-get install --yes --no-install-recommends `
      + missing.join(' '));
  }
}

/**
 * Runs a tool to its end and returns its standard output; a failure carries what it said. The tool is asked
 * to terminate, and so cleans up, when this process ends before it.
 */
export function runTool(command: string, args: string[], options: SpawnOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'], ...options, env: { ...process.env, ...options.env, PATH: SEARCH_PATH.join(delimiter) },
    });
    running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => stdout += text);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => stderr = (stderr + text).slice(-40_000));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(child);
      if (code === 0) {
        resolve(stdout);
      } else {
        const said = complaint(stderr) || stdout.slice(-3000).trim() || 'it printed nothing';
        reject(new Error(`${command} ${signal ? `was ended by ${signal}` : `failed with status ${code}`}: ${said}`));
      }
    });
  });
}

/** Asks every tool that runs to terminate, and so to clean up; who waits for it learns that it has failed. */
export function endTools(): void {
  for (const child of running) child.kill('SIGTERM');
}

/** The errors of apt and mmdebstrap, which long scripts and lists of packages may follow, and the end. */
function complaint(stderr: string): string {
  const errors = stderr.split('\n').filter(line => /^(E|Err:\d+|W):? /.test(line)).map(line => line.slice(0, 300));
  return [...errors, stderr.trim().slice(-2000)].join('\n').trim();
}

/** Whether a program can be run, or the file of an absolute path is there. */
export function isInstalled(tool: string): boolean {
  if (isAbsolute(tool)) {
    return existsSync(tool);
  }
  return SEARCH_PATH.some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
