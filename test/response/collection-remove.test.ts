import * as fs from 'node:fs';
import * as path from 'node:path';
import { runProgram, SHELLS } from './collection-program';
import { CrashDirectory } from './crash-directory';

// Real shells, real files, the real curl.

let crash: CrashDirectory;
beforeEach(() => { crash = new CrashDirectory(); });
afterEach(() => crash.remove());

describe.each(SHELLS)('remove, with %s %s', (...names) => {
  const shell = names.filter(each => each !== undefined);
  const remove = (items: string) => runProgram({ Action: 'remove', DumpPath: crash.dumpPath, Directory: 'd', Remove: items }, shell);

  test('removes what was told and nothing else, and can be repeated', async () => {
    const [vmcore, log, other] = [crash.put('d/vmcore', 'abc'), crash.put('d/dmesg', 'ab'), crash.put('d/vmcore.1', 'abc')];
    expect((await remove('vmcore,3;dmesg,2;')).stdout).toBe('removed vmcore\nremoved dmesg\n');
    expect([vmcore, log, other].map(file => fs.existsSync(file))).toEqual([false, false, true]);
    expect((await remove('vmcore,3;')).stdout).toBe('removed vmcore\n');
  });

  test('refuses a file of another size, a link and what is no dump', async () => {
    crash.put('d/vmcore', 'abcd');
    crash.put('d/passwd', 'abc');
    fs.symlinkSync(crash.put('e/x', 'abc'), path.join(crash.dumpPath, 'd/dmesg'));
    expect((await remove('vmcore,3;dmesg,3;passwd,3;')).stdout).toBe('changed vmcore\nchanged dmesg\nchanged passwd\n');
    expect(fs.readdirSync(path.join(crash.dumpPath, 'd')).sort()).toEqual(['dmesg', 'passwd', 'vmcore']);
  });
});
