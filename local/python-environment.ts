/**
 * Environments for programs in Python: virtual environments in the cache folder, each made when it is first needed; that of the emulators
 * ahead, too, by
 *
 *   tsx local/python-environment.ts
 */
import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder } from './cache';
import { runTool } from './instance/host-tools';

/** What the emulators are made of. */
const EMULATORS = join(__dirname, 'aws', 'emulator-requirements.txt');

/** Whether this machine's Python can make a virtual environment; Debian has that in a package of its own, `python3-venv`. */
export function canMakeEnvironments(): boolean {
  return spawnSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0;
}

/**
 * Path of the environment's Python, with everything of the requirements installed.
 *
 * @throws when Python or its module `venv` is missing, or the packages cannot be had
 */
export async function providePython(onProgress: (what: string) => void = () => {}, requirements = EMULATORS): Promise<string> {
  const directory = environmentDirectory(requirements);
  const python = join(directory, 'bin', 'python');
  if (!existsSync(python)) {
    if (!canMakeEnvironments()) {
      throw new Error('The demo and the tests need Python with its module venv. Install with: sudo apt-get install --yes --no-install-recommends python3 python3-venv');
    }
    onProgress(`Installing ${basename(requirements)}`);
    await make(directory, requirements);
  }
  return python;
}

/** Under a hash of all that it is made from: the requirements, and the Python that its links lead to. */
function environmentDirectory(requirements: string): string {
  const { stdout, status } = spawnSync('python3', ['-c', 'import sys; print(sys.version, sys.base_prefix)'], { encoding: 'utf8' });
  if (status !== 0) throw new Error('The demo and the tests need python3 on the PATH. Install with: sudo apt-get install --yes --no-install-recommends python3 python3-venv');
  const hash = createHash('sha256').update(stdout).update(readFileSync(requirements)).digest('hex').slice(0, 16);
  return join(cacheFolder(), 'python', hash);
}

/**
 * Makes it beside the goal and renames: an installation that is killed is not taken for a whole one, and of two at once the first
 * one's is kept. An environment may be moved, as long as its packages are started by `python -m`.
 */
async function make(directory: string, requirements: string): Promise<void> {
  const work = `${directory}.${randomUUID()}.building`;
  mkdirSync(work, { recursive: true });
  try {
    await runTool('python3', ['-m', 'venv', work]);
    await runTool(join(work, 'bin', 'python'), [
      '-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '--requirement', requirements,
    ]);
    try {
      renameSync(work, directory);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (require.main === module) {
  providePython(what => console.log(what)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
