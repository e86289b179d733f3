import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tidy } from './go-modules';
import { adopt, FLOOR, ROOT, run, setRecommendedFlags, synthesise, Workshop } from './workshop';

// What a user does with the published packages, in fresh folders outside the repository.

const EXAMPLES = readdirSync(join(ROOT, 'examples'), { withFileTypes: true }).filter(each => each.isDirectory()).map(each => each.name);
const STRICT = '@aws-cdk/core:validateAgainstDefaultRules=true';
const NEWEST = { lib: 'latest', constructs: 'latest' };

jest.setTimeout(15 * 60_000);

let workshop: Workshop;
let atFloor: string;
let lint: string;
let python: string;

type Templates = Record<string, string>;
/** All that the templates say. */
const read = (templates: Templates) =>
  Object.fromEntries(Object.entries(templates).map(([name, template]) => [name, JSON.parse(readFileSync(template, 'utf8'))]));
/** Likewise; throws where cfn-lint finds an error in them. */
const linted = (templates: Templates) => {
  run(workshop.directory, lint, ['--non-zero-exit-code', 'error', ...Object.values(templates)]);
  return read(templates);
};

beforeAll(() => {
  delete process.env.CDK_VALIDATION;
  workshop = new Workshop();
  atFloor = workshop.installed('floor', FLOOR, 'tsx', 'typescript@~6.0.0', '@types/node@^20');
  run(workshop.directory, 'python3', ['-m', 'venv', 'lint']);
  run(workshop.directory, join('lint', 'bin', 'pip'), ['install', '--quiet', 'cfn-lint']);
  lint = join(workshop.directory, 'lint', 'bin', 'cfn-lint');
  python = join(workshop.directory, 'venv', 'bin', 'python');
  const wheels = workshop.build(atFloor, 'wheels', '--target', 'python');
  const [wheel] = run(wheels, 'find', [wheels, '-name', '*.whl']).trim().split('\n');
  run(workshop.directory, 'python3', ['-m', 'venv', 'venv']);
  run(workshop.directory, join('venv', 'bin', 'pip'), ['install', '--quiet', wheel, `aws-cdk-lib==${FLOOR.lib}`]);
});
afterAll(() => workshop?.remove());

describe('the tarball', () => {
  test('is no larger than 400 kB', () => {
    expect(statSync(workshop.tarball).size).toBeLessThanOrEqual(400_000);
  });

  test('holds what the library needs at run time, and nothing that has no source', () => {
    const files = run(workshop.directory, 'tar', ['tzf', workshop.tarball]).trim().split('\n').map(each => each.replace('package/', ''));
    const sources = run(ROOT, 'git', ['ls-files', 'src']).trim().split('\n');
    const compiled = sources.flatMap(each => each.endsWith('.ts')
      ? ['.js', '.d.ts'].map(ending => each.replace('src/', 'lib/').replace(/\.ts$/, ending)) : [each.replace('src/', 'lib/')]);
    const others = files.filter(each => !compiled.includes(each) && !/^assets\/handlers\/[\w-]+\.mjs$/.test(each));
    expect(others.sort()).toEqual(['.jsii', '.jsii.tabl.json', 'LICENSE', 'README.md', 'package.json']);
  });
});

describe('in TypeScript', () => {
  const check = (folder: string) => run(folder, join('node_modules', '.bin', 'tsc'), [
    '--noEmit', '--strict', '--target', 'es2022', '--module', 'node16', '--types', 'node', 'app.ts',
  ]);

  test('the library is typed, and synthesises without a word, with the oldest aws-cdk-lib', () => {
    check(atFloor);
    const { said, templates } = synthesise(atFloor, 'npx tsx app.ts');
    expect(said).not.toMatch(/cdk-diagnostic-interrupt|warning|error/i);
    linted(templates);
  });

  test('and with the newest and the feature flags of a new app, whose template validation it passes strictly', () => {
    const folder = workshop.installed('newest', NEWEST, 'tsx', 'typescript@~6.0.0', '@types/node@^20');
    check(folder);
    setRecommendedFlags(folder);
    const { said, templates } = synthesise(folder, 'npx tsx app.ts', STRICT);
    expect(said).not.toMatch(/cdk-diagnostic-interrupt|warning|error/i);
    linted(templates);
  });
});

test('Python reads the examples of the README and of the API in Python', () => {
  const documented = run(workshop.directory, python, ['-c', 'import cdk_diagnostic_interrupt as it; print(it.__doc__, it.CrashDiagnostics.__doc__)']);
  expect(documented).toContain('CrashDiagnostics(self, "CrashDiagnostics", targets=KdumpTargets.instance(web))');
  expect(documented).toContain('reboot_policy=RebootPolicy.in_window(days=[DayOfWeek.SUNDAY]');
  expect(documented).not.toContain('new CrashDiagnostics(');
});

// With the same aws-cdk-lib: newer ones define some of their resources otherwise.
describe('the template is that of TypeScript', () => {
  const expected = (lib = FLOOR.lib) => {
    const folder = lib === FLOOR.lib ? atFloor : workshop.installed(`beside-${lib}`, { lib, constructs: 'latest' }, 'tsx');
    return read(synthesise(folder, 'npx tsx app.ts').templates);
  };

  test('in Python', () => {
    const folder = workshop.folder('python', 'app.py');
    expect(linted(synthesise(folder, `${python} app.py`).templates)).toEqual(expected());
  });

  test('in Java', () => {
    const [built, folder] = [workshop.build(atFloor, 'jars', '--target', 'java'), workshop.folder('java', 'Main.java', 'pom.xml')];
    // A repository of its own: in that of whoever runs this lies the library of an earlier run, by the same version.
    const maven = ['--batch-mode', '--quiet', `-Dmaven.repo.local=${join(folder, 'repository')}`, `-Dbuilt=${join(built, 'java')}`];
    run(folder, 'mvn', [...maven, 'compile', 'dependency:build-classpath', '-Dmdep.outputFile=classpath']);
    const classpath = readFileSync(join(folder, 'classpath'), 'utf8').trim();
    expect(linted(synthesise(folder, `java -cp target/classes:${classpath} Main`).templates)).toEqual(expected());
  });

  test('in Go', () => {
    const [built, folder] = [workshop.build(atFloor, 'modules', '--target', 'go', '--code-only'), workshop.folder('go', 'main.go')];
    const module = 'github.com/cdk-diagnostic-interrupt/cdk-diagnostic-interrupt-go/diagnosticinterrupt';
    run(folder, 'go', ['mod', 'init', 'consumer']);
    run(folder, 'go', ['mod', 'edit', `-require=${module}@v0.0.0`, `-replace=${module}=${join(built, 'go', 'diagnosticinterrupt')}`]);
    tidy(folder);
    run(folder, 'go', ['build', '-o', 'app', '.']);
    const lib = run(folder, 'go', ['list', '-m', '-f', '{{or .Replace .}}', 'github.com/aws/aws-cdk-go/awscdk/v2']).trim().split(/[ @]v?/).pop()!;
    expect(linted(synthesise(folder, './app').templates)).toEqual(expected(lib));
  });
});

describe('the examples', () => {
  /** A folder with the example that finds the package where it is installed. */
  const folderOf = (example: string, under: string) => {
    const folder = join(under, example);
    mkdirSync(folder, { recursive: true });
    const source = join(ROOT, 'examples', example);
    readdirSync(source).forEach(each => adopt(join(source, each), folder));
    return folder;
  };

  test.each(EXAMPLES)('%s is synthesised from the package, alike in TypeScript and Python', example => {
    const typescript = synthesise(folderOf(example, join(atFloor, 'examples')), 'npx tsx app.ts').templates;
    const { templates } = synthesise(folderOf(example, join(workshop.directory, 'examples')), `${python} app.py`);
    expect(linted(templates)).toEqual(read(typescript));
  });
});
