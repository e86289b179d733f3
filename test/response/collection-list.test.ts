import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { runProgram, runScript, scriptFor, SHELLS } from './collection-program';
import { CrashDirectory, NOW, sha256 } from './crash-directory';

// Real shells, real files, the real curl.

const LOG = '[    0.000000] Linux version 6.1.0-25-amd64 (debian-kernel@lists.debian.org) (gcc)\n[   99.1] Kernel panic - not syncing: NMI\n';

let crash: CrashDirectory;
beforeEach(() => { crash = new CrashDirectory(); });
afterEach(() => crash.remove());

async function list(since = NOW, shell?: string[]) {
  const { exitCode, stdout, stderr } = await runProgram({ Action: 'list', DumpPath: crash.dumpPath, Since: String(since) }, shell);
  expect({ exitCode, stderr, lines: stdout.split('\n').length }).toEqual({ exitCode: 0, stderr: '', lines: 2 });
  return JSON.parse(stdout);
}

describe.each(SHELLS)('list, with %s %s', (...names) => {
  const shell = names.filter(each => each !== undefined);

  test('a dump of kexec-tools', async () => {
    crash.put('127.0.0.1-2026-11-24-04:30:00/vmcore');
    crash.put('127.0.0.1-2026-11-24-04:30:00/vmcore-dmesg.txt', LOG);
    crash.put('127.0.0.1-2026-11-24-04:30:00/kexec-dmesg.log', 'the capture kernel\'s');
    expect(await list(NOW, shell)).toMatchObject({
      directory: '127.0.0.1-2026-11-24-04:30:00',
      files: [
        { name: 'vmcore', kind: 'vmcore', bytes: 14, incomplete: false },
        { name: 'vmcore-dmesg.txt', kind: 'kernelLog', bytes: LOG.length, incomplete: false, sha256: sha256(LOG) },
      ],
      passedOver: 0,
      capturing: false,
      curl: true,
      system: { id: expect.stringMatching(/^[a-z]+$/), version: expect.any(String), kernel: '6.1.0-25-amd64', architecture: os.machine() },
    });
  });

  test('a dump of kdump-tools', async () => {
    crash.put('202611240430/dump.202611240430');
    crash.put('202611240430/dmesg.202611240430', 'no version here\n');
    crash.put('kexec_cmd');
    expect(await list(NOW, shell)).toMatchObject({
      directory: '202611240430',
      files: [{ name: 'dmesg.202611240430', kind: 'kernelLog' }, { name: 'dump.202611240430', kind: 'vmcore' }],
      system: { kernel: os.release() },
    });
  });

  test('a dump of kdump-tools that makedumpfile failed to write', async () => {
    crash.put('202611240430/dump-incomplete', '');
    crash.put('202611240430/vmcore.202611240430');
    expect((await list(NOW, shell)).files).toEqual([
      { name: 'dump-incomplete', kind: 'vmcore', bytes: 0, incomplete: true },
      { name: 'vmcore.202611240430', kind: 'vmcore', bytes: 14, incomplete: false },
    ]);
  });

  test.each([['2026-11-24-04:30', 'dmesg.txt'], ['2026-11-24-04-30', 'dmesg']])("a dump of SUSE's kdump in %s", async (directory, dmesg) => {
    crash.put(`${directory}/vmcore`);
    crash.put(`${directory}/${dmesg}`, LOG);
    crash.put(`${directory}/README.txt`, 'Kernel crashdump\n----------------\nvmcore status: saved successfully\n');
    expect((await list(NOW, shell)).files).toMatchObject([{ name: dmesg, kind: 'kernelLog' }, { name: 'vmcore', incomplete: false }]);
  });

  test('dumps that were not finished are told as such', async () => {
    crash.put('127.0.0.1-2026-11-24-04:30:00/vmcore-incomplete');
    crash.put('127.0.0.1-2026-11-24-04:30:00/vmcore-dmesg-incomplete.txt', '');
    expect((await list(NOW, shell)).files).toMatchObject([
      { kind: 'kernelLog', bytes: 0, incomplete: true }, { kind: 'vmcore', bytes: 14, incomplete: true },
    ]);
    crash.put('2026-11-24-04:30/vmcore', 'KDUMP', -5);
    crash.put('2026-11-24-04:30/README.txt', 'This file will be overwritten when the dump is finished.\nIf you see this text the crash dump is likely incomplete.\n');
    expect(await list(NOW, shell)).toMatchObject({ directory: '2026-11-24-04:30', files: [{ name: 'vmcore', incomplete: true }] });
  });

  test('the newest dump, by the time of its files, and none from before', async () => {
    crash.put('202611240430/dump.202611240430', 'x', 100);
    crash.put('202611240431/dump.202611240431', 'x', 50);
    crash.put('202611240432/dump.202611240432', 'x', 4000);
    expect((await list(NOW - 200, shell)).directory).toBe('202611240431');
    // A clock that is a little behind.
    expect((await list(NOW + 200, shell)).directory).toBe('202611240431');
    expect(await list(NOW + 400, shell)).toMatchObject({ directory: null, files: [], system: { kernel: os.release() } });
  });

  test('nothing, where there is no dump or not even the directory', async () => {
    expect(await list(NOW, shell)).toMatchObject({ directory: null, files: [], passedOver: 0 });
    fs.rmdirSync(crash.dumpPath);
    expect(await list(NOW, shell)).toMatchObject({ directory: null, files: [], passedOver: 0 });
  });

  test('refuses links and strange names, and counts them', async () => {
    crash.put('202611240430/dump.202611240430');
    crash.put('20261124 0430/dump.202611240430');
    crash.put('202611240430/dump.a b');
    crash.put("202611240430/dump.'$(id)'");
    crash.put('202611240430/dump.\n');
    fs.symlinkSync('/etc/passwd', path.join(crash.dumpPath, '202611240430/dmesg.202611240430'));
    fs.symlinkSync(path.join(crash.dumpPath, '202611240430'), path.join(crash.dumpPath, '202611240431'));
    const { directory, files, passedOver } = await list(NOW, shell);
    expect({ directory, files }).toMatchObject({ directory: '202611240430', files: [{ name: 'dump.202611240430' }] });
    // Three names, a directory's name, a link, and what is behind the link to a directory.
    expect(passedOver).toBe(10);
  });
});

const isRoot = process.getuid?.() === 0;
(isRoot ? test : test.skip)('list refuses what somebody else has laid there', async () => {
  crash.put('202611240430/dump.202611240430');
  fs.chownSync(path.join(crash.dumpPath, '202611240430'), 65534, 65534);
  expect(await list()).toMatchObject({ directory: null, passedOver: 1 });
});

test('list says that curl is missing', async () => {
  const bin = path.join(crash.root, 'bin');
  fs.mkdirSync(bin);
  ['id', 'stat', 'uname', 'dd', 'sha256sum'].forEach(tool => fs.symlinkSync(`/usr/bin/${tool}`, path.join(bin, tool)));
  const script = scriptFor({ Action: 'list', DumpPath: crash.dumpPath, Since: '0' }).replace(/PATH=\/usr\/sbin\S*/, `PATH=${bin}`);
  expect(JSON.parse((await runScript(script)).stdout)).toMatchObject({ curl: false });
});
