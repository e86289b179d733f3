import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
let compiled = false;

/** The library as it is published, compiled anew. */
export function library(say: (progress: string) => void): string {
  if (!compiled) {
    say('compiling the library');
    const { status, stdout, stderr, error } = spawnSync('npx', ['projen', 'compile'], { cwd: ROOT, encoding: 'utf8' });
    if (status !== 0) throw new Error(`The library cannot be compiled: ${error?.message ?? `${stdout}${stderr}`}`);
    compiled = true;
  }
  return join(ROOT, 'lib');
}
