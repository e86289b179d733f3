import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

export type Kind = 'each' | 'fleet';

export interface Template {
  readonly resources: number;
  readonly bytes: number;
}

export interface Synthesis {
  /** From the start of the process to its end. */
  readonly ms: number;
  /** Of the stacks, in their order. */
  readonly templates: Template[];
}

/** What the CDK CLI gives each app: what it adds to templates by that is in those of users. */
const CLI_CONTEXT = {
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
  'aws:cdk:version-reporting': true,
  'aws:cdk:bundling-stacks': ['**'],
  '@aws-cdk/core:failSynthOnValidationErrors': false,
};
const ENDING = '.template.json';
const numberIn = (name: string) => Number(/\d+/.exec(name));

/** Runs the app in a process of its own, as `cdk synth` does; without the feature flags of `cdk init`. */
export async function synthesise(library: string, kind: Kind, instances: number): Promise<Synthesis> {
  const outdir = mkdtempSync(join(tmpdir(), 'synth-'));
  try {
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      const child = spawn(process.execPath, [join(__dirname, 'synth-app.cjs'), library, kind, String(instances), outdir], {
        // With the validation of templates that users have, which the tests switch off.
        env: { ...process.env, CDK_VALIDATION: undefined, CDK_CONTEXT_JSON: JSON.stringify(CLI_CONTEXT), JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: '1' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', chunk => said += chunk);
      child.once('error', reject).once('close', code => code === 0 ? resolve() : reject(new Error(`synth-app.cjs ended with ${code}: ${said.slice(0, 2000)}`)));
    });
    const ms = performance.now() - start;
    const names = readdirSync(outdir).filter(name => name.endsWith(ENDING)).sort((one, other) => numberIn(one) - numberIn(other));
    return { ms, templates: names.map(name => templateIn(join(outdir, name))) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function templateIn(file: string): Template {
  return { resources: Object.keys(JSON.parse(readFileSync(file, 'utf8')).Resources).length, bytes: statSync(file).size };
}
