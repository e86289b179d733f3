import { ChildProcess, spawn } from 'node:child_process';
import { IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { providePython } from '../python-environment';

/** An HTTP answer of the emulator, as it came. */
export interface EmulatorAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Headers that the emulator reads, the signature among them: it finds the region there. What is S3's own starts with x-amz. */
const FORWARDED = /^(content-type|content-md5|range|authorization|user-agent|x-amz-.*)$/;
const NOT_FORWARDED = ['x-amz-security-token', 'x-amz-content-sha256'];

/**
 * DynamoDB and S3 as moto emulates them, in a process of its own, which ends with its standard input: when it is stopped here, or when this
 * process is gone, however that came. It starts when the first user comes and stops when the last one has gone.
 */
export class MotoEmulator {
  /** The one emulator of this process, for another user. Each call takes one `release`. */
  static async acquire(): Promise<MotoEmulator> {
    MotoEmulator.users += 1;
    return MotoEmulator.shared ??= MotoEmulator.start();
  }

  static async release(): Promise<void> {
    MotoEmulator.users -= 1;
    const { shared } = MotoEmulator;
    if (MotoEmulator.users > 0 || !shared) return;
    MotoEmulator.shared = undefined;
    await shared.then(emulator => emulator.stop(), () => {}); // one that did not start is told by those who call it
  }

  private static shared?: Promise<MotoEmulator>;
  private static users = 0;

  private static async start(): Promise<MotoEmulator> {
    const child = spawn(await providePython(), [join(__dirname, 'moto-emulator.py')], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => said = (said + text).slice(-4000)); // moto writes a line for each call
    child.stdin.on('error', () => {});
    const port = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', code => reject(new Error(`The emulator ended with ${code} before it listened: ${said}`)));
      child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(Number(text)));
    });
    return new MotoEmulator(child, port);
  }

  private last: Promise<unknown> = Promise.resolve();

  private constructor(private readonly child: ChildProcess, private readonly port: number) {}

  get pid(): number {
    return this.child.pid!;
  }

  /**
   * Does something while nobody else calls. Everything goes one at a time: moto's transaction takes copies of the tables and puts
   * them back when it fails, and so undoes what its other threads did meanwhile; DynamoDB's are isolated from each other.
   */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work);
    this.last = done.catch(() => {});
    return done;
  }

  /** Hands a call on as it is, for an account: what one account has, no other sees. */
  send(account: string, headers: IncomingHttpHeaders, body: Buffer | string, method = 'POST', path = '/'): Promise<EmulatorAnswer> {
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => FORWARDED.test(name) && !NOT_FORWARDED.includes(name)));
    return new Promise((resolve, reject) => {
      const call = request({
        host: '127.0.0.1',
        port: this.port,
        method,
        path,
        agent: false,
        headers: { ...kept, 'x-moto-account-id': account, 'content-length': Buffer.byteLength(body) },
      }, response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }));
      });
      call.on('error', reject).end(body);
    });
  }

  private async stop(): Promise<void> {
    const ended = this.child.exitCode !== null || this.child.signalCode !== null
      ? undefined : new Promise(resolve => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}
