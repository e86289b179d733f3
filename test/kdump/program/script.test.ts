import { spawnSync } from 'child_process';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { renderKdumpProgram, SCRIPT_FILES } from '../../../src/kdump/kdump-program';

const SCRIPTS = path.join(__dirname, '../../../src/kdump/script');
const PROGRAM = renderKdumpProgram({ crashKernel: '512M,high 72M,low', rebootPolicy: 'whenRequired', dumpPath: '/var/crash', version: '1.2.3' });

let directory: string;
let program: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'kdump-script-'));
  program = path.join(directory, 'program');
  fs.writeFileSync(program, PROGRAM);
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

function expectSuccess(command: string, args: string[]): void {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  expect({ error: result.error, output: result.stdout + result.stderr, status: result.status }).toEqual({ error: undefined, output: '', status: 0 });
}

test('every script file is a part of the program', () => {
  expect([...SCRIPT_FILES].sort()).toEqual(fs.readdirSync(SCRIPTS).sort());
});

test.each(SCRIPT_FILES)('%s passes shellcheck and is not too long', file => {
  // A variable that another file sets or uses is no mistake here; the whole program is checked for those below.
  expectSuccess('shellcheck', ['-s', 'sh', '-e', 'SC2034,SC2094,SC2153,SC2154,SC3013', path.join(SCRIPTS, file)]);
  expect(fs.readFileSync(path.join(SCRIPTS, file), 'utf8').split('\n').length).toBeLessThan(250);
});

test('the whole program passes shellcheck', () => {
  // With the comments, since some speak to shellcheck.
  const header = PROGRAM.split('\n').filter(line => /^[A-Z_]+='[^']*'$/.test(line));
  const commented = path.join(directory, 'commented');
  fs.writeFileSync(commented, [...header, ...SCRIPT_FILES.map(file => fs.readFileSync(path.join(SCRIPTS, file), 'utf8'))].join('\n'));
  // Producers are called by name, which shellcheck takes for unreachable. Every shell that there is compares times by -nt, and a file may
  // be compared with what is read from it.
  expectSuccess('shellcheck', ['-s', 'sh', '-e', 'SC2094,SC2317,SC3013', commented]);
});

test.each([['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'ash']])('%s %s can read the program', (...shell) => {
  const [command, ...args] = shell.filter(each => each !== undefined);
  expectSuccess(command, [...args, '-n', program]);
});

test('the program fits into a Command document, and Systems Manager finds no parameter in it', () => {
  expect(PROGRAM).not.toContain('{{');
  expect(JSON.stringify(PROGRAM.split('\n')).length).toBeLessThan(60 * 1024);
});
