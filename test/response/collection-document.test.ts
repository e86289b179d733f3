import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { runScript, scriptFor, SHELLS } from './collection-program';
import { CrashDirectory, sha256 } from './crash-directory';
import { COLLECTION_PARAMETERS, COLLECTION_SCRIPT_FILES, collectionDocument, variableOf } from '../../src/response/collection-document';

// Real shells, real files, the real curl.

const SCRIPTS = path.join(__dirname, '../../src/response/script');

let crash: CrashDirectory;
beforeEach(() => { crash = new CrashDirectory(); });
afterEach(() => crash.remove());

describe('the document', () => {
  test('holds the whole program, which is small enough', () => {
    const document = collectionDocument();
    expect([...COLLECTION_SCRIPT_FILES].sort()).toEqual(fs.readdirSync(SCRIPTS).sort());
    expect(JSON.stringify(document).length).toBeLessThan(32 * 1024);
    expect(document).toMatchObject({
      schemaVersion: '2.2', mainSteps: [{ action: 'aws:runShellScript', precondition: { StringEquals: ['platformType', 'Linux'] } }],
    });
  });

  test('pastes each parameter once, between single quotes', () => {
    const pasted = collectionDocument().mainSteps[0].inputs.runCommand.join('\n').split('\n').filter(line => line.includes('{{'));
    expect(pasted).toEqual(Object.keys(COLLECTION_PARAMETERS).map(name => `${variableOf(name)}='{{ ${name} }}'`));
  });

  const hostile = ["a'b", 'a"b', 'a b', 'a\\b', 'a\nb', 'a\n', '$(id)', '`id`', 'a;id', '{{ Send }}', '{{ssm:secret}}', '../x', '/etc/../x', '-rf', 'é', 'a,b', '*'];
  test.each(Object.keys(COLLECTION_PARAMETERS))('refuses in %s what could reach the shell or another file', name => {
    for (const value of hostile) {
      expect(() => scriptFor({ Action: 'send', [name]: value })).toThrow(new RegExp(`Parameter ${name} `));
    }
  });

  const PART = 'vmcore,14,1,0,512';
  const CHECKSUM = sha256('x', 'base64');
  test.each([
    ['Send', `${PART},${CHECKSUM},https://b.example/k?a=b'c;`], ['Send', `${PART},${CHECKSUM},file:///etc/shadow;`], ['Send', `${PART},${CHECKSUM},-K/etc/x;`],
    ['Send', `../x,14,1,0,512,${CHECKSUM},https://b.example/k;`], ['Send', `${PART},short,https://b.example/k;`], ['Send', `${PART};`],
    ['Hash', 'vmcore,14,1,0;'], ['Hash', `${PART}`], ['Hash', '/etc/shadow,14,1,0,512;'], ['Hash', 'vmcore,08,1,0,512;'], ['Remove', 'vmcore;'],
    ['Remove', '..,1;'], ['DumpPath', '/var//crash'], ['DumpPath', 'var/crash'], ['DumpPath', '/var/crash/'], ['Since', '-1'],
  ])('refuses the %s "%s"', (name, value) => {
    expect(() => scriptFor({ Action: 'send', [name]: value })).toThrow(/must match/);
  });

  test('its patterns are of the kind that agents know too: no lookaround, no repetition above 1,000', () => {
    const patterns = Object.values(COLLECTION_PARAMETERS).map(({ allowedPattern = '' }) => allowedPattern);
    expect(patterns.join('')).not.toMatch(/\(\?|\{\d*,?\d{4,}\}|\\/);
    patterns.forEach(pattern => expect(() => new RegExp(pattern)).not.toThrow());
  });

  // An agent that does not look at the patterns.
  test.each([
    ['Action', 'remove; id'], ['DumpPath', '/etc/../crash.root'], ['DumpPath', '/.x'], ['Directory', '..'], ['Send', 'x,1;'], ['Send', '../a,1,1,0,1,x,http://a;'],
    ['Send', 'vmcore,1,1,0,1,x,file:///etc/passwd;'], ['Hash', 'vmcore,08,1,0,1;'], ['Remove', '../a,1;'], ['Since', 'a[$(id)]'],
  ])('the program itself refuses %s=%s', async (name, value) => {
    const action = { Since: 'list', Remove: 'remove' }[name] ?? 'send';
    const script = collectionDocument().mainSteps[0].inputs.runCommand.join('\n').replace(/{{ *(\w+) *}}/g, (_match, each: string) => (
      { Action: action, DumpPath: crash.dumpPath, Since: '0', Directory: '202611240430', ...{ [name]: value } }[each] ?? ''
    ));
    for (const shell of SHELLS) {
      expect(await runScript(script, shell)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/not allowed|fields/) });
    }
  });
});

test.each(COLLECTION_SCRIPT_FILES)('%s passes shellcheck', file => {
  const { stdout } = spawnSync('shellcheck', ['-s', 'sh', '-e', 'SC2015,SC2034,SC2153,SC2154', path.join(SCRIPTS, file)], { encoding: 'utf8' });
  expect(stdout).toBe('');
});
