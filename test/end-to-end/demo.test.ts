import { DemoRun, runDemo } from './run-demo';

// Cold, the image is built first; the bound is for machines that are busy with the other tests as well.
const LONGEST_MS = 40 * 60_000;
const MIB = 1024 * 1024;

let demo: DemoRun;

/** With the control runs. */
beforeAll(async () => {
  demo = await runDemo('end-to-end', '--controls');
}, LONGEST_MS);

afterAll(() => {
  if (demo?.complaint) {
    console.log(demo.complaint);
  }
});

test('the demo ends with ok', () => {
  expect(demo.report.error).toBeUndefined();
  expect(demo.report.ok).toBe(true);
  expect(demo.exitCode).toBe(0);
  expect(demo.output).toMatch(/^ok, in \d+ min \d+ s$/m);
});

test('the synthesised document arms kdump on the machine, over one reboot', () => {
  expect(demo.report.status).toMatchObject({ program: 'cdk-diagnostic-interrupt', state: 'armed', os: 'debian 12', unknownNmiPanic: 1 });
  expect(demo.report.status!.crashkernelSeen).toBe(demo.report.status!.crashkernelWanted);
  expect(demo.report.status!.reservedBytes).toBeGreaterThan(64 * MIB);
  expect(demo.report.inventory).toMatchObject({ TypeName: 'Custom:Kdump', Content: { State: 'armed' } });
});

test('refuses to interrupt a machine that hangs before kdump is armed, which stays untouched', () => {
  const [control] = demo.report.controls;
  expect(control.verdict).toMatchObject({ decision: 'refuse', reason: 'KdumpNotArmed' });
  expect(control.untouched).toBe(true);
});

test('refuses to interrupt a healthy machine, which stays untouched', () => {
  const [, control] = demo.report.controls;
  expect(control.verdict).toMatchObject({ decision: 'refuse' });
  expect(control.verdict!.refusals!.map(each => each.reason)).toContain('Responsive');
  expect(control.untouched).toBe(true);
});

test('interrupts the hung machine, on evidence', () => {
  expect(demo.report.verdict).toMatchObject({ decision: 'interrupt', evidence: { status: { instance: { status: 'impaired' } }, kdump: { status: 'Success' } } });
  expect(demo.consoleLog.match(/Kernel command line: .*elfcorehdr=/g)).toHaveLength(1); // the capture kernel's
});

test('a function in dry run finds that everything speaks for the interrupt, and sends none', () => {
  expect(demo.report.rehearsal).toMatchObject({ decision: 'refuse', reason: 'DryRun', sent: false, refusals: [{ reason: 'DryRun' }] });
});

test('refuses the same event when it is delivered again', () => {
  expect(demo.report.redelivery).toMatchObject({ decision: 'refuse', reason: 'CoolingDown', sent: false });
});

test('the dump is on the machine, and its own kernel log holds the panic', () => {
  expect(demo.report.dump!.path).toMatch(/^\/var\/crash\/\d+\/dump\.\d+$/);
  expect(demo.report.dump!.bytes).toBeGreaterThan(MIB);
  expect(demo.report.panic).toBe('Kernel panic - not syncing: NMI: Not continuing');
  expect(demo.report.backtrace!.join('\n')).toMatch(/^RIP: .*spin_for_ever.*\[cdi_hang\]$/m); // what hung it
});
