import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DemoReport } from '../../local/report';

const ROOT = join(__dirname, '..', '..');

export interface DemoRun {
  readonly exitCode: number | null;
  readonly output: string;
  readonly report: DemoReport;
  /** Everything that the machine's serial console showed. */
  readonly consoleLog: string;
  /** What to tell about a failure. The logs stay in a folder that it names; after a success they are removed. */
  readonly complaint?: string;
}

/** Runs the demo. What `npm run demo` does before it, the tests' own preparation has done. */
export async function runDemo(name: string, ...options: string[]): Promise<DemoRun> {
  const work = join(ROOT, 'test-reports', `${name}-${process.pid}`);
  mkdirSync(work, { recursive: true });
  const file = join(work, 'report.json');
  const demo = spawn(join(ROOT, 'node_modules', '.bin', 'tsx'), ['local/demo.ts', '--work', work, '--report', file, ...options],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.on('data', chunk => { output += chunk; });
  }
  const exitCode = await new Promise<number | null>(resolve => demo.once('close', resolve));
  const report: DemoReport = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8'))
    : { ok: false, error: `The demo ended with ${exitCode} and no report.`, steps: [], timeline: [], controls: [] };
  const consolePath = join(work, 'console.log');
  const consoleLog = existsSync(consolePath) ? readFileSync(consolePath, 'latin1') : '';
  if (exitCode === 0) {
    rmSync(work, { recursive: true, force: true });
    return { exitCode, output, report, consoleLog };
  }
  const complaint = `${output}\nThe end of the machine's console:\n${consoleLog.slice(-5000)}\nThe logs are in ${work}`;
  return { exitCode, output, report, consoleLog, complaint };
}
