import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Platform } from './instance/platform';

const ROOT = join(__dirname, '..');

export const STACK = 'SingleInstance';

/** Runs `cdk synth` as a user does. */
export async function synthesise(assembly: string, { architecture }: Platform, livelock: boolean): Promise<void> {
  const cdk = join(ROOT, 'node_modules', '.bin', 'cdk');
  const app = `${join('node_modules', '.bin', 'tsx')} local/demo-app.ts`;
  const context = [...architecture === 'arm64' ? ['graviton'] : [], ...livelock ? ['livelock'] : []].flatMap(name => ['--context', `${name}=true`]);
  await promisify(execFile)(cdk, ['synth', '--quiet', '--no-notices', ...context, '--app', app, '--output', assembly], { cwd: ROOT });
}
