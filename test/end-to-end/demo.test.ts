import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DemoReport } from '../../local/report';

// Cold, the image is built first; the bound is for machines that are busy with the other tests as well.
const LONGEST_MS = 40 * 60_000;
const MIB = 1024 * 1024;
const ROOT = join(__dirname, '..', '..');

/** The logs stay there after a failure. */
const work = join(ROOT, 'test-reports', `end-to-end-${process.pid}`);
let exitCode: number | null;
let output = '';
let report: DemoReport;
let consoleLog: string;

/** The demo, with the control runs. What `npm run demo` does before it, the tests' own preparation has done. */
beforeAll(async () => {
  mkdirSync(work, { recursive: true });
  const file = join(work, 'report.json');
  const demo = spawn(join(ROOT, 'node_modules', '.bin', 'tsx'), ['local/demo.ts', '--controls', '--work', work, '--report', file],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.on('data', chunk => { output += chunk; });
  }
  exitCode = await new Promise(resolve => demo.once('close', resolve));
  report = JSON.parse(readFileSync(file, 'utf8'));
  consoleLog = readFileSync(join(work, 'console.log'), 'latin1');
}, LONGEST_MS);

afterAll(() => {
  const passed = exitCode === 0;
  if (!passed) {
    console.log(`${output}\nThe end of the machine's console:\n${consoleLog?.slice(-5000)}\nThe logs are in ${work}`);
  } else {
    rmSync(work, { recursive: true, force: true });
  }
});

test('the demo ends with ok', () => {
  expect(report.error).toBeUndefined();
  expect(report.ok).toBe(true);
  expect(exitCode).toBe(0);
  expect(output).toMatch(/^ok, in \d+ min \d+ s$/m);
});

test('the synthesised document arms kdump on the machine, over one reboot', () => {
  expect(report.status).toMatchObject({ program: 'cdk-diagnostic-interrupt', state: 'armed', os: 'debian 12', unknownNmiPanic: 1 });
  expect(report.status!.crashkernelSeen).toBe(report.status!.crashkernelWanted);
  expect(report.status!.reservedBytes).toBeGreaterThan(64 * MIB);
});

test('refuses to interrupt a machine that hangs before kdump is armed, which stays untouched', () => {
  const [control] = report.controls;
  expect(control.verdict).toMatchObject({ decision: 'refuse', reason: 'KdumpNotArmed' });
  expect(control.untouched).toBe(true);
});

test('refuses to interrupt a healthy machine, which stays untouched', () => {
  const [, control] = report.controls;
  expect(control.verdict).toMatchObject({ decision: 'refuse' });
  expect(control.verdict!.refusals!.map(each => each.reason)).toContain('Responsive');
  expect(control.untouched).toBe(true);
});

test('interrupts the hung machine, on evidence', () => {
  expect(report.verdict).toMatchObject({ decision: 'interrupt', evidence: { status: { instance: { status: 'impaired' } }, kdump: { status: 'Success' } } });
  expect(consoleLog.match(/Kernel command line: .*elfcorehdr=/g)).toHaveLength(1); // the capture kernel's
});

test('the dump is on the machine, and its own kernel log holds the panic', () => {
  expect(report.dump!.path).toMatch(/^\/var\/crash\/\d+\/dump\.\d+$/);
  expect(report.dump!.bytes).toBeGreaterThan(MIB);
  expect(report.panic).toBe('Kernel panic - not syncing: NMI: Not continuing');
  expect(report.backtrace!.join('\n')).toMatch(/^RIP: .*spin_for_ever.*\[cdi_hang\]$/m); // what hung it
});
