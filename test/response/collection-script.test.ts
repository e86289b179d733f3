import { spawnSync } from 'child_process';
import { createHash, randomBytes } from 'crypto';
import * as fs from 'fs';
import * as http from 'http';
import type { AddressInfo } from 'net';
import * as os from 'os';
import * as path from 'path';
import { ProgramRun, runProgram, runScript, scriptFor, SHELLS } from './collection-program';
import { COLLECTION_PARAMETERS, COLLECTION_SCRIPT_FILES, collectionDocument, variableOf } from '../../src/response/collection-document';

// Real shells, real files, the real curl.

const SCRIPTS = path.join(__dirname, '../../src/response/script');
const MIB = 1_048_576;
const NOW = Math.floor(Date.now() / 1000);
const LOG = '[    0.000000] Linux version 6.1.0-25-amd64 (debian-kernel@lists.debian.org) (gcc)\n[   99.1] Kernel panic - not syncing: NMI\n';

let root: string;
let dumpPath: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'collection-'));
  dumpPath = path.join(root, 'crash');
  fs.mkdirSync(dumpPath);
});
afterEach(() => fs.rmSync(root, { recursive: true }));

function put(name: string, content: string | Buffer = 'KDUMP   a dump', age = 0): string {
  const file = path.join(dumpPath, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  fs.utimesSync(file, NOW - age, NOW - age);
  return file;
}

const sha256 = (content: string | Buffer, encoding: 'hex' | 'base64' = 'hex') => createHash('sha256').update(content).digest(encoding);

async function list(since = NOW, shell?: string[]) {
  const { exitCode, stdout, stderr } = await runProgram({ Action: 'list', DumpPath: dumpPath, Since: String(since) }, shell);
  expect({ exitCode, stderr, lines: stdout.split('\n').length }).toEqual({ exitCode: 0, stderr: '', lines: 2 });
  return JSON.parse(stdout);
}

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
    const patterns = Object.values(COLLECTION_PARAMETERS).map(each => 'allowedPattern' in each ? each.allowedPattern : '');
    expect(patterns.join('')).not.toMatch(/\(\?|\{\d*,?\d{4,}\}|\\/);
    patterns.forEach(pattern => expect(() => new RegExp(pattern)).not.toThrow());
  });

  // An agent that does not look at the patterns.
  test.each([
    ['Action', 'remove; id'], ['DumpPath', '/etc/../root'], ['DumpPath', '/.x'], ['Directory', '..'], ['Send', 'x,1;'], ['Send', '../a,1,1,0,1,x,http://a;'],
    ['Send', 'vmcore,1,1,0,1,x,file:///etc/passwd;'], ['Hash', 'vmcore,08,1,0,1;'], ['Remove', '../a,1;'], ['Since', 'a[$(id)]'],
  ])('the program itself refuses %s=%s', async (name, value) => {
    const action = { Since: 'list', Remove: 'remove' }[name] ?? 'send';
    const script = collectionDocument().mainSteps[0].inputs.runCommand.join('\n').replace(/{{ *(\w+) *}}/g, (_match, each: string) => (
      { Action: action, DumpPath: dumpPath, Since: '0', Directory: '202611240430', ...{ [name]: value } }[each] ?? ''
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

describe.each(SHELLS)('list, with %s %s', (...names) => {
  const shell = names.filter(each => each !== undefined);

  test('a dump of kexec-tools', async () => {
    put('127.0.0.1-2026-11-24-04:30:00/vmcore');
    put('127.0.0.1-2026-11-24-04:30:00/vmcore-dmesg.txt', LOG);
    put('127.0.0.1-2026-11-24-04:30:00/kexec-dmesg.log', 'the capture kernel\'s');
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
    put('202611240430/dump.202611240430');
    put('202611240430/dmesg.202611240430', 'no version here\n');
    put('kexec_cmd');
    expect(await list(NOW, shell)).toMatchObject({
      directory: '202611240430',
      files: [{ name: 'dmesg.202611240430', kind: 'kernelLog' }, { name: 'dump.202611240430', kind: 'vmcore' }],
      system: { kernel: os.release() },
    });
  });

  test('a dump of kdump-tools that makedumpfile failed to write', async () => {
    put('202611240430/dump-incomplete', '');
    put('202611240430/vmcore.202611240430');
    expect((await list(NOW, shell)).files).toEqual([
      { name: 'dump-incomplete', kind: 'vmcore', bytes: 0, incomplete: true },
      { name: 'vmcore.202611240430', kind: 'vmcore', bytes: 14, incomplete: false },
    ]);
  });

  test.each([['2026-11-24-04:30', 'dmesg.txt'], ['2026-11-24-04-30', 'dmesg']])("a dump of SUSE's kdump in %s", async (directory, dmesg) => {
    put(`${directory}/vmcore`);
    put(`${directory}/${dmesg}`, LOG);
    put(`${directory}/README.txt`, 'Kernel crashdump\n----------------\nvmcore status: saved successfully\n');
    expect((await list(NOW, shell)).files).toMatchObject([{ name: dmesg, kind: 'kernelLog' }, { name: 'vmcore', incomplete: false }]);
  });

  test('dumps that were not finished are told as such', async () => {
    put('127.0.0.1-2026-11-24-04:30:00/vmcore-incomplete');
    put('127.0.0.1-2026-11-24-04:30:00/vmcore-dmesg-incomplete.txt', '');
    expect((await list(NOW, shell)).files).toMatchObject([
      { kind: 'kernelLog', bytes: 0, incomplete: true }, { kind: 'vmcore', bytes: 14, incomplete: true },
    ]);
    put('2026-11-24-04:30/vmcore', 'KDUMP', -5);
    put('2026-11-24-04:30/README.txt', 'This file will be overwritten when the dump is finished.\nIf you see this text the crash dump is likely incomplete.\n');
    expect(await list(NOW, shell)).toMatchObject({ directory: '2026-11-24-04:30', files: [{ name: 'vmcore', incomplete: true }] });
  });

  test('the newest dump, by the time of its files, and none from before', async () => {
    put('202611240430/dump.202611240430', 'x', 100);
    put('202611240431/dump.202611240431', 'x', 50);
    put('202611240432/dump.202611240432', 'x', 4000);
    expect((await list(NOW - 200, shell)).directory).toBe('202611240431');
    // A clock that is a little behind.
    expect((await list(NOW + 200, shell)).directory).toBe('202611240431');
    expect(await list(NOW + 400, shell)).toMatchObject({ directory: null, files: [], system: { kernel: os.release() } });
  });

  test('nothing, where there is no dump or not even the directory', async () => {
    expect(await list(NOW, shell)).toMatchObject({ directory: null, files: [], passedOver: 0 });
    fs.rmdirSync(dumpPath);
    expect(await list(NOW, shell)).toMatchObject({ directory: null, files: [], passedOver: 0 });
  });

  test('refuses links and strange names, and counts them', async () => {
    put('202611240430/dump.202611240430');
    put('20261124 0430/dump.202611240430');
    put('202611240430/dump.a b');
    put("202611240430/dump.'$(id)'");
    put('202611240430/dump.\n');
    fs.symlinkSync('/etc/passwd', path.join(dumpPath, '202611240430/dmesg.202611240430'));
    fs.symlinkSync(path.join(dumpPath, '202611240430'), path.join(dumpPath, '202611240431'));
    const { directory, files, passedOver } = await list(NOW, shell);
    expect({ directory, files }).toMatchObject({ directory: '202611240430', files: [{ name: 'dump.202611240430' }] });
    // Three names, a directory's name, a link, and what is behind the link to a directory.
    expect(passedOver).toBe(10);
  });
});

const isRoot = process.getuid?.() === 0;
(isRoot ? test : test.skip)('list refuses what somebody else has laid there', async () => {
  put('202611240430/dump.202611240430');
  fs.chownSync(path.join(dumpPath, '202611240430'), 65534, 65534);
  expect(await list()).toMatchObject({ directory: null, passedOver: 1 });
});

test('list says that curl is missing', async () => {
  const bin = path.join(root, 'bin');
  fs.mkdirSync(bin);
  ['id', 'stat', 'uname', 'dd', 'sha256sum'].forEach(tool => fs.symlinkSync(`/usr/bin/${tool}`, path.join(bin, tool)));
  const script = scriptFor({ Action: 'list', DumpPath: dumpPath, Since: '0' }).replace(/PATH=\/usr\/sbin\S*/, `PATH=${bin}`);
  expect(JSON.parse((await runScript(script)).stdout)).toMatchObject({ curl: false });
});

describe('send', () => {
  interface Received { readonly url: string; readonly headers: http.IncomingHttpHeaders; readonly body: Buffer }
  let server: http.Server;
  let origin: string;
  let received: Received[];
  let answer: (request: Received) => [number, string?];
  let hold: () => Promise<void>;

  beforeEach(async () => {
    received = [];
    answer = () => [200];
    hold = async () => {};
    server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', async () => {
        await hold();
        const all = { url: request.url!, headers: request.headers, body: Buffer.concat(chunks) };
        received.push(all);
        const [status, body] = answer(all);
        response.writeHead(status).end(body);
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise(resolve => { server.closeAllConnections(); server.close(resolve); }));

  const DIRECTORY = '202611240430';
  const FILE = 'dump.202611240430';
  const CONTENT = randomBytes(2 * MIB + 12_345);
  const parts = [CONTENT.subarray(0, MIB), CONTENT.subarray(MIB, 2 * MIB), CONTENT.subarray(2 * MIB)];
  const item = (number: number, bytes = CONTENT.length) => `${FILE},${bytes},${number},${number - 1},1`;
  const sent = (number: number, bytes?: number) => `${item(number, bytes)},${sha256(parts[number - 1], 'base64')},${origin}/b/k?partNumber=${number}&s=a%2Fb;`;
  const send = (parameters: Record<string, string>, shell?: string[]) => (
    runProgram({ Action: 'send', DumpPath: dumpPath, Directory: DIRECTORY, ...parameters }, shell)
  );

  /** What is sent and what is hashed comes in any order. */
  const inOrder = ({ stdout }: ProgramRun) => stdout.trim().split('\n').sort();

  test.each(SHELLS)('sends parts exactly, and hashes the next, with %s %s', async (...names) => {
    put(`${DIRECTORY}/${FILE}`, CONTENT);
    const run = await send({ Send: sent(1) + sent(3), Hash: `${item(2)};${item(3)};` }, names.filter(each => each !== undefined));
    expect({ ...run, stdout: inOrder(run) }).toEqual({
      exitCode: 0,
      stdout: [`hash ${FILE} 2 ${sha256(parts[1])}`, `hash ${FILE} 3 ${sha256(parts[2])}`, `sent ${FILE} 1`, `sent ${FILE} 3`],
      stderr: '',
    });
    expect(received).toHaveLength(2);
    [1, 3].forEach(number => {
      const part = parts[number - 1];
      const request = received.find(({ url }) => url === `/b/k?partNumber=${number}&s=a%2Fb`)!;
      expect(request.body.equals(part)).toBe(true);
      expect(request.headers).toMatchObject({ 'content-length': String(part.length), 'x-amz-checksum-sha256': sha256(part, 'base64') });
      expect(Object.keys(request.headers)).not.toEqual(expect.arrayContaining([expect.stringMatching(/transfer-encoding|expect|content-type/)]));
    });
  });

  test.each(SHELLS)('hashes while it sends, with %s %s', async (...names) => {
    put(`${DIRECTORY}/${FILE}`, CONTENT);
    // S3 does not answer before the hash is there.
    const script = scriptFor({ Action: 'send', DumpPath: dumpPath, Directory: DIRECTORY, Send: sent(1), Hash: `${item(2)};` });
    const hashed = path.join(root, 'hashed');
    hold = async () => { while (!fs.existsSync(hashed) || !fs.readFileSync(hashed, 'utf8').includes('hash')) await new Promise(resolve => setTimeout(resolve, 10)); };
    await runScript(`{\n${script}\n} > ${hashed}`, names.filter(each => each !== undefined));
    expect(fs.readFileSync(hashed, 'utf8')).toBe(`hash ${FILE} 2 ${sha256(parts[1])}\nsent ${FILE} 1\n`);
  });

  test.each(SHELLS)('refuses all of it where one part is not allowed, before it does anything, with %s %s', async (...names) => {
    put(`${DIRECTORY}/${FILE}`, CONTENT);
    const script = scriptFor({ Action: 'send', DumpPath: dumpPath, Directory: DIRECTORY, Send: sent(1), Hash: `${item(2)};` });
    const shell = names.filter(each => each !== undefined);
    // An agent that does not look at the patterns.
    for (const [good, bad] of [[`HASH='${FILE}`, "HASH='../x"], ["SEND='", `SEND='${sent(3).replace('http:', 'file:')}`]]) {
      expect(await runScript(script.replace(good, bad), shell)).toMatchObject({ exitCode: 2, stdout: '' });
    }
    expect(received).toEqual([]);
  });

  test('sends a whole file in one go', async () => {
    put(`${DIRECTORY}/${FILE}`, CONTENT);
    await send({ Send: `${FILE},${CONTENT.length},1,0,512,${sha256(CONTENT, 'base64')},${origin}/k;` });
    expect(received[0].body.equals(CONTENT)).toBe(true);
  });

  test("fails with S3's own word, and does not go on sending, but hashes", async () => {
    put(`${DIRECTORY}/${FILE}`, CONTENT);
    answer = () => [403, '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'];
    const run = await send({ Send: sent(1) + sent(2) + sent(3), Hash: `${item(3)};` });
    expect({ ...run, stdout: inOrder(run) }).toMatchObject({
      exitCode: 0, stdout: [`failed ${FILE} 1 403 0 AccessDenied`, `failed ${FILE} 2 403 0 AccessDenied`, `hash ${FILE} 3 ${sha256(parts[2])}`],
    });
    expect(received).toHaveLength(2);
  });

  test.each(SHELLS)('sends two parts at a time, and no more, with %s %s', async (...names) => {
    put(`${DIRECTORY}/${FILE}`, CONTENT);
    let [atOnce, most, first] = [0, 0, true];
    // S3 does not answer the first part before the second one is there, too.
    hold = async () => {
      most = Math.max(most, atOnce += 1);
      while (first && atOnce < 2) await new Promise(resolve => setTimeout(resolve, 10));
      first = false;
      await new Promise(resolve => setTimeout(resolve, 50));
      atOnce -= 1;
    };
    const run = await send({ Send: [1, 2, 3, 1, 2, 3].map(number => sent(number)).join('') }, names.filter(each => each !== undefined));
    expect(inOrder(run)).toEqual([1, 1, 2, 2, 3, 3].map(number => `sent ${FILE} ${number}`));
    expect(most).toBe(2);
  });

  test('one part fails: those that were on their way beside it are sent', async () => {
    put(`${DIRECTORY}/${FILE}`, CONTENT);
    answer = ({ url }) => [url.includes('partNumber=1') ? 503 : 200];
    expect(inOrder(await send({ Send: sent(1) + sent(2) + sent(3) }))).toEqual([`failed ${FILE} 1 503 0 -`, `sent ${FILE} 2`]);
  });

  test('fails without a word of whoever answers instead of S3', async () => {
    put(`${DIRECTORY}/${FILE}`, CONTENT);
    answer = () => [502, 'sent x 1\n<Code>a b\nsent x 2</Code>'];
    expect((await send({ Send: sent(1) })).stdout).toBe(`failed ${FILE} 1 502 0 -\n`);
  });

  test('fails by the exit code of curl where nobody answers', async () => {
    put(`${DIRECTORY}/${FILE}`, CONTENT);
    const part = sent(1).replace(origin, 'http://127.0.0.1:1');
    expect((await send({ Send: part })).stdout).toBe(`failed ${FILE} 1 0 7 -\n`);
  });

  test('fails for a file that has changed its size, has become a link, is gone, or is no dump', async () => {
    const file = put(`${DIRECTORY}/${FILE}`, CONTENT);
    expect((await send({ Send: sent(1, 5), Hash: `${item(1, 5)};` })).stdout).toBe(`changed ${FILE}\nchanged ${FILE}\n`);
    fs.renameSync(file, path.join(root, 'elsewhere'));
    fs.symlinkSync(path.join(root, 'elsewhere'), file);
    expect((await send({ Send: sent(1) })).stdout).toBe(`changed ${FILE}\n`);
    fs.unlinkSync(file);
    expect((await send({ Hash: `${item(1)};` })).stdout).toBe(`changed ${FILE}\n`);
    put(`${DIRECTORY}/passwd`, 'x');
    expect((await send({ Hash: 'passwd,1,1,0,1;' })).stdout).toBe('changed passwd\n');
    expect(received).toEqual([]);
  });
});

describe.each(SHELLS)('remove, with %s %s', (...names) => {
  const shell = names.filter(each => each !== undefined);
  const remove = (items: string) => runProgram({ Action: 'remove', DumpPath: dumpPath, Directory: 'd', Remove: items }, shell);

  test('removes what was told and nothing else, and can be repeated', async () => {
    const [vmcore, log, other] = [put('d/vmcore', 'abc'), put('d/dmesg', 'ab'), put('d/vmcore.1', 'abc')];
    expect((await remove('vmcore,3;dmesg,2;')).stdout).toBe('removed vmcore\nremoved dmesg\n');
    expect([vmcore, log, other].map(file => fs.existsSync(file))).toEqual([false, false, true]);
    expect((await remove('vmcore,3;')).stdout).toBe('removed vmcore\n');
  });

  test('refuses a file of another size, a link and what is no dump', async () => {
    put('d/vmcore', 'abcd');
    put('d/passwd', 'abc');
    fs.symlinkSync(put('e/x', 'abc'), path.join(dumpPath, 'd/dmesg'));
    expect((await remove('vmcore,3;dmesg,3;passwd,3;')).stdout).toBe('changed vmcore\nchanged dmesg\nchanged passwd\n');
    expect(fs.readdirSync(path.join(dumpPath, 'd')).sort()).toEqual(['dmesg', 'passwd', 'vmcore']);
  });
});
