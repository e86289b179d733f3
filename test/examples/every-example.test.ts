import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import RECOMMENDED from 'aws-cdk-lib/recommended-feature-flags.json';

const ROOT = join(__dirname, '..', '..');
const EXAMPLES = readdirSync(join(ROOT, 'examples'), { withFileTypes: true }).filter(each => each.isDirectory()).map(each => each.name);

jest.setTimeout(120_000);

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'example-'));
});
afterEach(() => rmSync(outdir, { recursive: true }));

/** Runs the app as its user does, with the strict rules for templates; what it says, and what its stacks hold. */
function synthesise(example: string, context: Record<string, unknown> = {}) {
  const env = {
    ...process.env,
    CDK_VALIDATION: undefined,
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify({ '@aws-cdk/core:validateAgainstDefaultRules': true, ...context }),
    JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20',
  };
  const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', 'tsx', join('examples', example, 'app.ts')], { cwd: ROOT, encoding: 'utf8', env });
  const templates = readdirSync(outdir).filter(each => each.endsWith('.template.json')).map(each => JSON.parse(readFileSync(join(outdir, each), 'utf8')));
  const types: string[] = templates.flatMap(each => Object.values<any>(each.Resources).map(resource => resource.Type));
  return { status, said: stdout + stderr, types };
}

test('the examples are those of the table in the README, which names no other', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const named = (pattern: RegExp) => [...readme.matchAll(pattern)].map(each => each[1]).sort();
  expect(named(/^\| \[.*\]\(examples\/([a-z-]+)\)/gm)).toEqual(EXAMPLES.sort());
  expect([...new Set(named(/\]\(examples\/([a-z-]+)\)/g))]).toEqual(EXAMPLES.sort());
});

test.each(EXAMPLES)('%s is synthesised without a word, and passes strict validation', example => {
  const { status, said, types } = synthesise(example);
  expect({ status, said }).toEqual({ status: 0, said: '' });
  expect(types).toContain('AWS::SSM::Association');
});

test.each(EXAMPLES)('%s likewise with the feature flags of a new app', example => {
  const { status, said, types } = synthesise(example, RECOMMENDED);
  expect({ status, said }).toEqual({ status: 0, said: '' });
  expect(types).toContain('AWS::SSM::Association');
});

test('game-day crashes nothing until it is given a revision', () => {
  expect(synthesise('game-day').types).not.toContain('Custom::InterruptTrigger');
  expect(synthesise('game-day', { revision: '1' }).types).toContain('Custom::InterruptTrigger');
});
