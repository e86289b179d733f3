import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Platform } from './instance/platform';

const ROOT = join(__dirname, '..');

export const STACK = 'SingleInstance';

/** The app of each architecture: the example, and the same on an instance type with Arm processors. */
const APPS = { amd64: 'examples/single-instance/app.ts', arm64: 'local/graviton-app.ts' };

/** Runs `cdk synth` as a user does. */
export async function synthesise(assembly: string, { architecture }: Platform): Promise<void> {
  const cdk = join(ROOT, 'node_modules', '.bin', 'cdk');
  const app = `${join('node_modules', '.bin', 'tsx')} ${APPS[architecture]}`;
  await promisify(execFile)(cdk, ['synth', '--quiet', '--no-notices', '--app', app, '--output', assembly], { cwd: ROOT });
}
