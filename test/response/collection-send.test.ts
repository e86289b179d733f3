import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { ProgramRun, runProgram, runScript, scriptFor, SHELLS } from './collection-program';
import { CrashDirectory, sha256 } from './crash-directory';

// Real shells, real files, the real curl.

const MIB = 1_048_576;

let crash: CrashDirectory;
beforeEach(() => { crash = new CrashDirectory(); });
afterEach(() => crash.remove());

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
    runProgram({ Action: 'send', DumpPath: crash.dumpPath, Directory: DIRECTORY, ...parameters }, shell)
  );

  /** What is sent and what is hashed comes in any order. */
  const inOrder = ({ stdout }: ProgramRun) => stdout.trim().split('\n').sort();

  test.each(SHELLS)('sends parts exactly, and hashes the next, with %s %s', async (...names) => {
    crash.put(`${DIRECTORY}/${FILE}`, CONTENT);
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
    crash.put(`${DIRECTORY}/${FILE}`, CONTENT);
    // S3 does not answer before the hash is there.
    const script = scriptFor({ Action: 'send', DumpPath: crash.dumpPath, Directory: DIRECTORY, Send: sent(1), Hash: `${item(2)};` });
    const hashed = path.join(crash.root, 'hashed');
    hold = async () => { while (!fs.existsSync(hashed) || !fs.readFileSync(hashed, 'utf8').includes('hash')) await new Promise(resolve => setTimeout(resolve, 10)); };
    await runScript(`{\n${script}\n} > ${hashed}`, names.filter(each => each !== undefined));
    expect(fs.readFileSync(hashed, 'utf8')).toBe(`hash ${FILE} 2 ${sha256(parts[1])}\nsent ${FILE} 1\n`);
  });

  test.each(SHELLS)('refuses all of it where one part is not allowed, before it does anything, with %s %s', async (...names) => {
    crash.put(`${DIRECTORY}/${FILE}`, CONTENT);
    const script = scriptFor({ Action: 'send', DumpPath: crash.dumpPath, Directory: DIRECTORY, Send: sent(1), Hash: `${item(2)};` });
    const shell = names.filter(each => each !== undefined);
    // An agent that does not look at the patterns.
    for (const [good, bad] of [[`HASH='${FILE}`, "HASH='../x"], ["SEND='", `SEND='${sent(3).replace('http:', 'file:')}`]]) {
      expect(await runScript(script.replace(good, bad), shell)).toMatchObject({ exitCode: 2, stdout: '' });
    }
    expect(received).toEqual([]);
  });

  test('sends a whole file in one go', async () => {
    crash.put(`${DIRECTORY}/${FILE}`, CONTENT);
    await send({ Send: `${FILE},${CONTENT.length},1,0,512,${sha256(CONTENT, 'base64')},${origin}/k;` });
    expect(received[0].body.equals(CONTENT)).toBe(true);
  });

  test("fails with S3's own word, and does not go on sending, but hashes", async () => {
    crash.put(`${DIRECTORY}/${FILE}`, CONTENT);
    answer = () => [403, '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'];
    const run = await send({ Send: sent(1) + sent(2) + sent(3), Hash: `${item(3)};` });
    expect({ ...run, stdout: inOrder(run) }).toMatchObject({
      exitCode: 0, stdout: [`failed ${FILE} 1 403 0 AccessDenied`, `failed ${FILE} 2 403 0 AccessDenied`, `hash ${FILE} 3 ${sha256(parts[2])}`],
    });
    expect(received).toHaveLength(2);
  });

  test.each(SHELLS)('sends two parts at a time, and no more, with %s %s', async (...names) => {
    crash.put(`${DIRECTORY}/${FILE}`, CONTENT);
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
    crash.put(`${DIRECTORY}/${FILE}`, CONTENT);
    answer = ({ url }) => [url.includes('partNumber=1') ? 503 : 200];
    expect(inOrder(await send({ Send: sent(1) + sent(2) + sent(3) }))).toEqual([`failed ${FILE} 1 503 0 -`, `sent ${FILE} 2`]);
  });

  test('fails without a word of whoever answers instead of S3', async () => {
    crash.put(`${DIRECTORY}/${FILE}`, CONTENT);
    answer = () => [502, 'sent x 1\n<Code>a b\nsent x 2</Code>'];
    expect((await send({ Send: sent(1) })).stdout).toBe(`failed ${FILE} 1 502 0 -\n`);
  });

  test('fails by the exit code of curl where nobody answers', async () => {
    crash.put(`${DIRECTORY}/${FILE}`, CONTENT);
    const part = sent(1).replace(origin, 'http://127.0.0.1:1');
    expect((await send({ Send: part })).stdout).toBe(`failed ${FILE} 1 0 7 -\n`);
  });

  test('fails for a file that has changed its size, has become a link, is gone, or is no dump', async () => {
    const file = crash.put(`${DIRECTORY}/${FILE}`, CONTENT);
    expect((await send({ Send: sent(1, 5), Hash: `${item(1, 5)};` })).stdout).toBe(`changed ${FILE}\nchanged ${FILE}\n`);
    fs.renameSync(file, path.join(crash.root, 'elsewhere'));
    fs.symlinkSync(path.join(crash.root, 'elsewhere'), file);
    expect((await send({ Send: sent(1) })).stdout).toBe(`changed ${FILE}\n`);
    fs.unlinkSync(file);
    expect((await send({ Hash: `${item(1)};` })).stdout).toBe(`changed ${FILE}\n`);
    crash.put(`${DIRECTORY}/passwd`, 'x');
    expect((await send({ Hash: 'passwd,1,1,0,1;' })).stdout).toBe('changed passwd\n');
    expect(received).toEqual([]);
  });
});
