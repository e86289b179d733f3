import { DemoRun, runDemo } from './run-demo';
import { DemoReport } from '../../local/report';

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

test('a second NMI, while the dump is written, does not end the capture kernel', () => {
  expect(demo.report.survivedNmi).toBe(true);
});

test('the dump is on the machine, and its own kernel log holds the panic', () => {
  expect(demo.report.dump!.path).toMatch(/^\/var\/crash\/\d+\/dump\.\d+$/);
  expect(demo.report.dump!.bytes).toBeGreaterThan(MIB);
  expect(demo.report.panic).toBe('Kernel panic - not syncing: NMI: Not continuing');
  expect(demo.report.backtrace!.join('\n')).toMatch(/^RIP: .*spin_for_ever.*\[cdi_hang\]$/m); // what hung it
});

/** What is in the bucket, compared by the demo with what lies on the machine. */
function expectCollected({ collected, message, outcome }: DemoReport): void {
  expect(outcome).toBe('Collected');
  expect(collected).toHaveLength(2);
  for (const { inBucket, onInstance } of collected!) {
    expect(inBucket).toMatch(/^[0-9a-f]{64}$/);
    expect(inBucket).toBe(onInstance);
  }
  const [log, dump] = collected!;
  expect(log.key).toMatch(/^i-[0-9a-f]+\/\d{8}T\d{6}Z\/dmesg\.\d+$/);
  expect(dump.key).toMatch(/\/dump\.\d+$/);
  expect(dump.bytes).toBeGreaterThan(16 * MIB); // in several parts
  expect(message).toMatch(/^i-[0-9a-f]+ hung, was interrupted, and is back; its crash was collected\.$/m);
  expect(message).toContain('Panic: Kernel panic - not syncing: NMI: Not continuing\n');
  expect(message).toMatch(/RIP: .*spin_for_ever.*\[cdi_hang\]/);
}

test('the workflow brings the dump to the bucket byte for byte, and reports the panic', () => {
  expectCollected(demo.report);
});

// In this file, so that the machines run one after the other, and this one goes on from what that one has armed.
describe('in an Auto Scaling group that wants to replace the instance', () => {
  let inGroup: DemoRun;

  beforeAll(async () => {
    inGroup = await runDemo('end-to-end-group', '--group', '--resume');
  }, LONGEST_MS);

  afterAll(() => {
    if (inGroup?.complaint) console.log(inGroup.complaint);
  });

  test('it goes on from the machine that was armed, which the document finds armed without another reboot', () => {
    expect(inGroup.report.timeline[0].what).toBe('The machine has booted, from the disk of one that was armed before');
    expect(inGroup.report.status).toMatchObject({ state: 'armed', unknownNmiPanic: 1 });
    expect(inGroup.consoleLog.match(/Kernel command line: /g)).toHaveLength(3); // it boots, dumps, and boots
  });

  test('the instance dumps on standby, and is in service afterwards', () => {
    expect(inGroup.report.error).toBeUndefined();
    expect(inGroup.exitCode).toBe(0);
    const { lifecycleState, activities } = inGroup.report.group!;
    expect(lifecycleState).toBe('InService');
    expect(activities.map(activity => activity.replace(/ i-\w+/, ''))).toEqual([
      'Launching a new EC2 instance while is on standby', 'Moving EC2 instance to Standby:', 'Moving EC2 instance out of Standby:',
    ]);
  });

  test('the workflow brings the dump to the bucket byte for byte, and says that the instance is back in service', () => {
    expectCollected(inGroup.report);
    expect(inGroup.report.message).toMatch(/^It is in service again in the Auto Scaling group .+\.$/m);
  });
});
