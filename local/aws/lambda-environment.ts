import { ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

/** An error as Lambda reports it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: string[];
}

/** How an invocation ended in its environment. */
export interface Outcome {
  /** The JSON that the handler returned; absent when it failed. */
  readonly result?: string;
  readonly error?: FunctionError;
}

export interface EnvironmentProperties {
  /** The binary of Node.js. */
  readonly node: string;
  readonly directory: string;
  readonly variables: Record<string, string>;
}

/** One of Lambda's execution environments: a process that has the handler loaded and runs it for one event after another. */
export class LambdaEnvironment {
  private readonly child: ChildProcess;
  private readonly ended: Promise<string>;
  private waiting?: { mark: string; marks: number; reached: () => void };
  private dead = false;
  private line?: (line: string) => void;

  constructor({ node, directory, variables }: EnvironmentProperties) {
    this.child = fork(join(__dirname, 'lambda-runtime.mts'), {
      execPath: node, execArgv: [], cwd: directory, env: variables, stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) collectLines(stream, line => this.take(line));
    this.child.once('exit', () => this.dead = true);
    this.ended = new Promise(resolve => {
      this.child.once('error', error => resolve(String(error)));
      this.child.once('close', (code, signal) => resolve(signal ? `signal: ${signal}` : `exit status ${code}`));
    });
  }

  /** Whether it can take another event. */
  get usable(): boolean {
    return !this.dead;
  }

  /**
   * Runs the handler with an event. A handler that failed stays loaded, as with Lambda; an environment whose process ended, whose time
   * was up, or whose handler could not be loaded is not usable after it.
   */
  async run(message: { event: unknown; deadline: number; context: object }, timedOut: () => FunctionError,
    exited: (how: string) => FunctionError, line: (line: string) => void): Promise<Outcome> {
    this.line = line;
    const mark = `\0${randomUUID()}`; // not to be found in what a function writes
    const drained = new Promise<void>(reached => this.waiting = { mark, marks: 2, reached });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.kill();
    }, message.deadline - Date.now());
    type Answer = Outcome & { loaded: boolean };
    const answered = new Promise<Answer>(resolve => this.child.once('message', answer => resolve(answer as Answer)));
    this.child.send({ ...message, mark }, () => {}); // a process that could not take it ends, and is reported by its end
    const whole = answered.then(async answer => {
      await drained;
      return answer;
    });
    const outcome = await Promise.race([whole, this.ended]);
    clearTimeout(timer);
    this.waiting = undefined;
    this.child.removeAllListeners('message');
    if (typeof outcome === 'string') return { error: late ? timedOut() : exited(outcome) };
    const { loaded, ...kept } = outcome;
    if (!loaded) await this.end();
    return kept;
  }

  kill(): void {
    this.dead = true;
    this.child.kill('SIGKILL');
  }

  /** Kills it and waits until it is gone. */
  async end(): Promise<void> {
    this.kill();
    await this.ended;
  }

  private take(line: string): void {
    const { waiting } = this;
    if (!waiting || !line.endsWith(waiting.mark)) return this.line?.(line);
    const rest = line.slice(0, -waiting.mark.length); // a last line without an end
    if (rest) this.line?.(rest);
    waiting.marks -= 1;
    if (waiting.marks === 0) waiting.reached();
  }
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
