import { ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, Interface } from 'node:readline';
import { providePython } from '../../local/python-environment';

/** The handler in Python, in a process that is kept, as a warm Lambda environment is. */
export class Boto3Process {
  public static async start(endpoint: string): Promise<Boto3Process> {
    return new Boto3Process(spawn(await providePython(), [join(__dirname, 'boto3-handler.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'BENCH', AWS_SECRET_ACCESS_KEY: 'BENCH',
      },
    }));
  }

  private readonly lines: Interface;

  private constructor(private readonly process: ChildProcess) {
    this.lines = createInterface({ input: process.stdout! });
  }

  public async handle(request: object): Promise<void> {
    const answer = new Promise<string>((resolve, reject) => {
      this.lines.once('line', resolve);
      this.process.once('exit', code => reject(new Error(`boto3-handler.py ended with ${code}`)));
    });
    this.process.stdin!.write(`${JSON.stringify(request)}\n`);
    const { outcome } = JSON.parse(await answer);
    this.process.removeAllListeners('exit');
    if (outcome !== 'sent') throw new Error(`The handler in Python did not send: ${outcome}`);
  }

  public async end(): Promise<void> {
    const ended = new Promise(resolve => this.process.once('exit', resolve));
    this.process.stdin!.end();
    await ended;
  }
}
