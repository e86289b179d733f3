import { DEBIAN_12, RELEASES } from '../../local/instance/release';
import { DemoReport } from '../../local/report';
import { DemoRun, runDemo } from '../end-to-end/run-demo';

// Cold, the image is built first: for Arm under emulation, too. The bound is for machines that are busy with other things as well.
const LONGEST_MS = 60 * 60_000;
const MIB = 1024 * 1024;

const summary: string[] = [];
afterAll(() => { process.stdout.write(`\n${summary.join('\n')}\n`); });

/** One after the other: each machine takes all that a small computer has. */
describe.each(RELEASES)('$name', ({ name, system, platform, rawDump }) => {
  let demo: DemoRun;
  let passed = 0;
  const TESTS = 4;

  beforeAll(async () => {
    demo = await runDemo(name, '--system', name);
  }, LONGEST_MS);

  afterAll(() => {
    summary.push(summaryLine(name, demo?.report, passed === TESTS, rawDump));
    if (demo?.complaint) {
      console.log(demo.complaint);
    }
  });

  test('the synthesised document arms kdump', () => {
    expect(demo.report.status).toMatchObject({ state: 'armed', os: system, arch: { amd64: 'x86_64', arm64: 'aarch64' }[platform.architecture] });
    expect(demo.report.status!.crashkernelSeen).toBe(demo.report.status!.crashkernelWanted);
    expect(demo.report.status!.reservedBytes).toBeGreaterThan(64 * MIB);
    passed += 1;
  });

  test('the outcome lies ready for the inventory', () => {
    expect(demo.report.inventory).toMatchObject({ TypeName: 'Custom:Kdump', Content: { State: 'armed', Kernel: demo.report.status!.kernel } });
    passed += 1;
  });

  if (platform.takesInterrupts) {
    test('unknown NMIs panic, and the function interrupts the hung machine', () => {
      expect(demo.report.status!.unknownNmiPanic).toBe(1);
      expect(demo.report.verdict).toMatchObject({ decision: 'interrupt' });
      passed += 1;
    });
  } else {
    test('there is no setting about NMIs, the status says so, and the function never interrupts the machine', () => {
      expect(demo.report.status!.unknownNmiPanic).toBeNull();
      expect(demo.report.controls.map(each => each.verdict)).toMatchObject([{ decision: 'refuse' }]);
      expect(demo.report.controls[0].verdict!.refusals!.map(each => each.reason)).toContain('UnsupportedArchitecture');
      passed += 1;
    });
  }

  test('the dump is on the machine, and its own kernel log holds the panic', () => {
    expect(demo.report.error).toBeUndefined();
    expect(demo.exitCode).toBe(0);
    expect(demo.report.dump!.path).toMatch(rawDump ? /^\/var\/crash\/\d+\/vmcore\.\d+$/ : /^\/var\/crash\/\d+\/dump\.\d+$/);
    expect(demo.report.dump!.bytes).toBeGreaterThan(MIB);
    expect(demo.report.panic).toBe(`Kernel panic - not syncing: ${platform.takesInterrupts ? 'NMI: Not continuing' : 'sysrq triggered crash'}`);
    passed += 1;
  });
});

test('the machine of every run of the other tests is one of these', () => {
  expect(RELEASES).toContain(DEBIAN_12);
});

/** PASS or FAIL, system, kernel, times, and the size of the dump. */
function summaryLine(name: string, report: DemoReport | undefined, passed: boolean, raw = false): string {
  const seconds = (step: RegExp) => `${Math.round(report?.steps.find(each => step.test(each.name))?.seconds ?? 0)} s`;
  const total = Math.round(report?.steps.reduce((sum, step) => sum + step.seconds, 0) ?? 0);
  return [
    passed ? 'PASS' : 'FAIL',
    name.padEnd(15),
    `kernel ${report?.status?.kernel ?? 'unknown'}`,
    `image ${seconds(/disk image/)}, arming ${seconds(/^Arm /)}, dump and boot ${seconds(/writes the dump/)}, all ${total} s`,
    report?.dump ? `${raw ? 'raw ' : ''}dump ${(report.dump.bytes / MIB).toFixed(1)} MiB` : 'no dump',
    ...report?.error ? [report.error.split('\n')[0].slice(0, 200)] : [],
  ].join('  ');
}
