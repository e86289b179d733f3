import { ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { providePython } from '../python-environment';

/** What the emulator says, a line of JSON each. */
type Told = { port: number } | { role: string } | { ended: string };

/**
 * Step Functions as moto emulates it, in a process of its own for each local AWS, whose port it calls. It ends with its standard input:
 * when it is stopped here, or when this process is gone, however that came.
 */
export class StepFunctionsEmulator {
  static async start(port: number, minuteMs: number, onEnd: (executionArn: string) => void): Promise<StepFunctionsEmulator> {
    const child = spawn(await providePython(), [join(__dirname, 'step-functions-emulator.py')], {
      stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, MOTO_PORT: String(port), MINUTE_MS: String(minuteMs) },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => said = (said + text).slice(-4000)); // a line for each call
    child.stdin.on('error', () => {});
    const roles = new Map<string, () => void>();
    const own = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', code => reject(new Error(`The emulator of Step Functions ended with ${code} before it listened: ${said}`)));
      createInterface({ input: child.stdout }).on('line', line => {
        const told = JSON.parse(line) as Told;
        if ('port' in told) resolve(told.port);
        else if ('role' in told) roles.get(told.role)?.();
        else onEnd(told.ended);
      });
    });
    return new StepFunctionsEmulator(child, own, roles);
  }

  private constructor(private readonly child: ChildProcess, private readonly port: number, private readonly roles: Map<string, () => void>) {}

  get pid(): number {
    return this.child.pid!;
  }

  /** Lets state machines act as a role. */
  async admit(roleArn: string, credentials: Record<string, string>): Promise<void> {
    const admitted = new Promise<void>((resolve, reject) => {
      this.roles.set(roleArn, resolve);
      this.child.once('exit', () => reject(new Error(`The emulator of Step Functions ended before it admitted ${roleArn}.`)));
    });
    this.child.stdin!.write(`${JSON.stringify({
      arn: roleArn,
      credentials: {
        aws_access_key_id: credentials.AWS_ACCESS_KEY_ID,
        aws_secret_access_key: credentials.AWS_SECRET_ACCESS_KEY,
        aws_session_token: credentials.AWS_SESSION_TOKEN,
      },
    })}\n`);
    await admitted;
  }

  /** Switches the interpreter on. Without it moto answers that every execution runs, and runs none. */
  async configure(): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/moto-api/config`, {
      method: 'POST', body: JSON.stringify({ stepfunctions: { execute_state_machine: true } }), headers: { 'content-type': 'application/json' },
    });
    if (!answer.ok) throw new Error(`The emulator of Step Functions cannot be configured: ${answer.status} ${await answer.text()}`);
  }

  /** Calls an action, for an account and region that stand in the headers. */
  async call(action: string, headers: Record<string, string>, params: object): Promise<{ status: number; output: any }> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${action}` },
      body: JSON.stringify(params),
    });
    return { status: answer.status, output: await answer.json() };
  }

  async stop(): Promise<void> {
    const ended = this.child.exitCode !== null || this.child.signalCode !== null
      ? undefined : new Promise(resolve => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}
