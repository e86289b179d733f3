import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Platform } from './instance/platform';

const ROOT = join(__dirname, '..');

/** The stack of the demo, and what its machine is in it. */
export const stackOf = (group: boolean) => group ? 'AutoScalingGroup' : 'SingleInstance';

/** Runs `cdk synth` as a user does. */
export async function synthesise(
  assembly: string, { architecture }: Platform, { livelock, group }: { livelock: boolean; group: boolean },
): Promise<void> {
  const cdk = join(ROOT, 'node_modules', '.bin', 'cdk');
  const app = `${join('node_modules', '.bin', 'tsx')} local/demo-app.ts`;
  const named = { graviton: architecture === 'arm64', livelock, group };
  const context = Object.entries(named).filter(([, is]) => is).flatMap(([name]) => ['--context', `${name}=true`]);
  await promisify(execFile)(cdk, ['synth', '--quiet', '--no-notices', ...context, '--app', app, '--output', assembly], { cwd: ROOT });
}
