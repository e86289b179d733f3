/**
 * From `cdk synth` to a crash dump, on this machine. See `--help`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Incident } from './incident';
import { DEBIAN_12, RELEASES } from './instance/release';
import { renderReport } from './report';

const HELP = `Usage: npm run demo -- [options]

Synthesises examples/single-instance with a dry run beside it, prepares a virtual machine with the synthesised document, hangs it, lets the
synthesised function decide and interrupt it, and shows the panic and the dump.

  --report FILE   write the outcome as JSON: ok, steps[{name, seconds}], timeline, verdict, panic, backtrace, dump{path, bytes}
  --work FOLDER   where the cloud assembly and the logs go, and stay (default: a temporary folder, kept only after a failure)
  --system NAME   what the machine is: ${RELEASES.map(each => each.name).join(', ')} (default: ${DEBIAN_12.name})
  --controls      make the control runs as well: a hang before kdump is armed, and an alarm about a healthy machine
  --livelock      another trouble: user space alone is stuck, the kernel answers ARP, and the heartbeat of the machine stops
  --group         the instance is in an Auto Scaling group, which wants to replace it while it dumps
  --help          this text

The exit code is 0 if and only if a dump was written and records the panic.
`;

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'number') {
    return options;
  }
  const workDirectory = options.work ? resolve(options.work) : mkdtempSync(join(tmpdir(), 'cdk-diagnostic-interrupt-'));
  const { release, controls, livelock, group } = options;
  const incident = new Incident({ workDirectory, release, controls, livelock, group });
  const { report } = incident;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void incident.close().finally(() => process.exit(1)));
  }
  try {
    await runSteps(incident);
  } catch (error) {
    report.ok = false;
    report.error = (error as Error).message;
  } finally {
    await incident.close();
  }
  console.log(renderReport(report));
  if (options.report) {
    writeFileSync(options.report, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  if (report.ok && !options.work) {
    rmSync(workDirectory, { recursive: true, force: true });
  } else {
    console.log(`The logs are in ${workDirectory}`);
  }
  return report.ok ? 0 : 1;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        report: { type: 'string' },
        work: { type: 'string' },
        system: { type: 'string', default: DEBIAN_12.name },
        controls: { type: 'boolean', default: false },
        livelock: { type: 'boolean', default: false },
        group: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    const release = RELEASES.find(each => each.name === values.system);
    if (!release) {
      throw new Error(`--system ${values.system} is not known.`);
    }
    if (values.livelock && !release.platform.takesInterrupts) {
      throw new Error(`--livelock is for machines that take interrupts, which ${release.name} does not.`);
    }
    const { controls = false, livelock = false, group = false } = values;
    if (group && (livelock || controls || !release.platform.takesInterrupts)) {
      throw new Error('--group goes without --controls and --livelock, and with a machine that takes interrupts.');
    }
    return { ...values, release, controls, livelock, group };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
}

/** A live view on a terminal, plain lines elsewhere. */
async function runSteps(incident: Incident): Promise<void> {
  const { Listr, PRESET_TIMER, PRESET_TIMESTAMP } = await import('listr2'); // an ES module
  const tasks = incident.steps().map(step => ({
    title: step.name,
    task: async (_: unknown, task: { output: string }) => {
      const start = Date.now();
      try {
        let told: string | undefined;
        await step.run(what => {
          if (what !== told) {
            task.output = told = what;
          }
        });
      } finally {
        incident.report.steps.push({ name: step.name, seconds: (Date.now() - start) / 1000 });
      }
    },
  }));
  await new Listr(tasks, {
    renderer: 'default',
    rendererOptions: { timer: PRESET_TIMER },
    fallbackRenderer: 'simple',
    fallbackRendererOptions: { timer: PRESET_TIMER, timestamp: PRESET_TIMESTAMP },
    registerSignalListeners: false,
  }).run();
}

void main().then(code => { process.exitCode = code; });
