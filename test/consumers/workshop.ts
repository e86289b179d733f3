import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const ENDING = '.template.json';
export const ROOT = join(__dirname, '..', '..');
const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The oldest versions that the package says it works with. */
export const FLOOR = { lib: peerDependencies['aws-cdk-lib'].replace('^', ''), constructs: peerDependencies.constructs.replace('^', '') };

const ENVIRONMENT = { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20', PIP_DISABLE_PIP_VERSION_CHECK: '1', GOFLAGS: '-mod=mod' };

/** Runs a program to its end. Throws with all that it printed where it fails. */
export function run(directory: string, program: string, args: string[], environment: NodeJS.ProcessEnv = {}): string {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: directory, encoding: 'utf8', env: { ...ENVIRONMENT, ...environment } });
  if (error || status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${error ?? status}:\n${stdout}\n${stderr}`);
  return stdout + stderr;
}

/**
 * A folder outside the repository with the packed library and what jsii makes of it for other languages.
 */
export class Workshop {
  public readonly directory = mkdtempSync(join(tmpdir(), 'consumers-'));
  public readonly tarball: string;

  constructor() {
    const [{ filename }] = JSON.parse(run(ROOT, 'npm', ['pack', '--json', '--pack-destination', this.directory]).match(/^\[[\s\S]*^\]/m)![0]);
    this.tarball = join(this.directory, filename);
  }

  /** A new folder with files of `apps`, importing the library by its name. */
  public folder(name: string, ...apps: string[]): string {
    const folder = join(this.directory, name);
    mkdirSync(folder);
    apps.forEach(app => adopt(join(__dirname, 'apps', app), folder));
    return folder;
  }

  /** A new folder with the library and aws-cdk-lib, installed as a user does. */
  public installed(name: string, versions: { lib: string; constructs: string }, ...more: string[]): string {
    const folder = this.folder(name, 'app.ts');
    run(folder, 'npm', ['init', '--yes']);
    run(folder, 'npm', ['install', '--no-audit', '--no-fund', this.tarball, `aws-cdk-lib@${versions.lib}`, `constructs@${versions.constructs}`, ...more]);
    return folder;
  }

  /** Makes packages of the library, with the floor as what they need. */
  public build(installed: string, output: string, ...args: string[]): string {
    const outdir = join(this.directory, output);
    run(join(installed, 'node_modules', 'cdk-diagnostic-interrupt'), join(ROOT, 'node_modules', '.bin', 'jsii-pacmak'), [...args, '--outdir', outdir]);
    return outdir;
  }

  public remove(): void {
    run(this.directory, 'chmod', ['-R', 'u+w', '.']);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Copies a file that imports the sources, so that it imports the package. */
export function adopt(file: string, folder: string): void {
  writeFileSync(join(folder, basename(file)), readFileSync(file, 'utf8').replace(/'(\.\.\/)+src'/g, "'cdk-diagnostic-interrupt'"));
}

/** Gives an app the feature flags of one that `cdk init` makes: all that its aws-cdk-lib recommends. */
export function setRecommendedFlags(folder: string): void {
  const flags = readFileSync(join(folder, 'node_modules', 'aws-cdk-lib', 'recommended-feature-flags.json'), 'utf8');
  writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ context: JSON.parse(flags) }));
}

/** What `cdk synth` prints about the app, and the templates that it writes, by the names of their stacks. */
export function synthesise(folder: string, app: string, ...context: string[]): { said: string; templates: Record<string, string> } {
  const said = run(folder, join(ROOT, 'node_modules', '.bin', 'cdk'), [
    'synth', '--quiet', '--no-notices', '--no-version-reporting', '--app', app, ...context.flatMap(each => ['--context', each]),
  ]);
  const names = readdirSync(join(folder, 'cdk.out')).filter(each => each.endsWith(ENDING)).map(each => each.replace(ENDING, ''));
  return { said, templates: Object.fromEntries(names.map(each => [each, join(folder, 'cdk.out', `${each}${ENDING}`)])) };
}
