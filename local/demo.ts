/**
 * From `cdk synth` to a crash dump, on this machine. See `--help`.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DemoOptions, HELP, readOptions } from './demo-options';
import { Incident, Step } from './incident';
import { DiskImage } from './instance/disk-image';
import { requireTools } from './instance/host-tools';
import { introduction } from './introduction';
import { needsOf, shortages } from './needs';
import { DemoReport, renderReport } from './report';
import { whatNext } from './what-next';

/** What the demo is made of, in the order in which it is provided. */
const PREPARATIONS = [['local/system-packages.ts', 'demo'], ['local/python-environment.ts'], ['projenrc/bundle.ts']];

const INTERRUPTED = 130;

/** For the step that everything ended under: to see that, and to clean up. */
const GRACE_MS = 10_000;

async function main(): Promise<number> {
  let options: DemoOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const missing = shortages(needsOf(new DiskImage(options.release), options.work));
  if (missing.length > 0) {
    console.error(missing.join('\n'));
    return 1;
  }
  if (options.prepare && !PREPARATIONS.every(prepare)) {
    return 1;
  }
  requireTools(options.release.platform);
  console.log(introduction(options));
  return demonstrate(options);
}

/** What is wrong, the program itself has said. */
function prepare([program, ...args]: string[]): boolean {
  return spawnSync(join('node_modules', '.bin', 'tsx'), [program, ...args], { cwd: join(__dirname, '..'), stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

async function demonstrate(options: DemoOptions): Promise<number> {
  const workDirectory = options.work ? resolve(options.work) : mkdtempSync(join(tmpdir(), 'cdk-diagnostic-interrupt-'));
  mkdirSync(workDirectory, { recursive: true });
  const incident = new Incident({ ...options, workDirectory });
  const { report } = incident;
  const interruption = new AbortController();
  const ended = once(interruption.signal, 'abort').then(() => incident.close()).then(() => setTimeout(GRACE_MS));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Each may come more than once: from the terminal, and from the parents that it has told as well.
    process.on(signal, () => interruption.abort());
  }
  process.stdout.on('error', () => {}); // the terminal may be gone
  try {
    await Promise.race([runSteps(incident.steps(), report, interruption.signal), ended]);
  } catch (error) {
    report.ok = false;
    report.error = (error as Error).message;
  } finally {
    await incident.close();
  }
  const interrupted = interruption.signal.aborted;
  const keepsWork = options.work !== undefined || !report.ok && !interrupted;
  if (keepsWork && report.message) {
    writeFileSync(join(workDirectory, 'report.txt'), report.message);
  }
  if (!keepsWork) {
    rmSync(workDirectory, { recursive: true, force: true });
  }
  if (options.report) {
    writeFileSync(options.report, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  console.log(`${interrupted ? '\nInterrupted: nothing runs any more.' : renderReport(report)}\n`);
  const kept = keepsWork ? options.work ?? workDirectory : undefined;
  console.log(whatNext({ release: options.release, ok: report.ok, resumable: incident.isResumable(), kept }));
  return interrupted ? INTERRUPTED : report.ok ? 0 : 1;
}

/** A live view on a terminal, plain lines elsewhere. */
async function runSteps(steps: Step[], report: DemoReport, interruption: AbortSignal): Promise<void> {
  const { Listr, PRESET_TIMER, PRESET_TIMESTAMP, color } = await import('listr2'); // an ES module
  const tasks = steps.map(step => ({
    title: `${step.name} ${color.dim(`- ${step.why}`)}`,
    task: async (_: unknown, task: { output: string }) => {
      const start = Date.now();
      try {
        if (interruption.aborted) throw new Error('Interrupted');
        let told: string | undefined;
        await step.run(what => {
          if (what !== told) {
            task.output = told = what;
          }
        });
      } catch (error) {
        // What a step says when everything ends under it is of no interest.
        throw interruption.aborted ? new Error('Interrupted') : error;
      } finally {
        report.steps.push({ name: step.name, seconds: (Date.now() - start) / 1000 });
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

main().then(code => process.exit(code), (error: Error) => {
  console.error(error.message);
  process.exit(1);
});
