import { EventEmitter } from 'node:events';
import { Duplex } from 'node:stream';

/** A refusal by QEMU: its class and what it said. */
export class QmpError extends Error {
  constructor(command: string, public readonly errorClass: string, public readonly description: string) {
    super(`QEMU refused ${command}: ${description} (${errorClass})`);
    this.name = 'QmpError';
  }
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: any) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A client of the QEMU Machine Protocol on a connected stream. QEMU's events are emitted under their names, for instance
 * `RESET`, with their data.
 */
export class QmpClient extends EventEmitter {
  private readonly pending = new Map<number, Pending>();
  private readonly greeting: Promise<unknown>;
  private lastId = 0;
  private unread = '';
  private ended?: Error;

  constructor(private readonly stream: Duplex) {
    super();
    this.greeting = new Promise((resolve, reject) => this.pending.set(0, { command: 'greeting', resolve, reject }));
    this.greeting.catch(() => {}); // negotiate() reports it
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.read(text));
    stream.on('error', (error) => this.end(new Error(`The connection to QEMU broke: ${error.message}`)));
    stream.on('close', () => this.end(new Error('QEMU closed the connection')));
  }

  /** Waits for QEMU's greeting and leaves the negotiation mode. To be called once, first. */
  public async negotiate(): Promise<void> {
    await this.greeting;
    await this.execute('qmp_capabilities');
  }

  /** Executes a command and returns what QEMU returns. */
  public execute(command: string, args: Record<string, unknown> = {}): Promise<any> {
    if (this.ended) {
      return Promise.reject(new Error(`Cannot execute ${command}: ${this.ended.message}`));
    }
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { command, resolve, reject });
      this.stream.write(JSON.stringify({ execute: command, arguments: args, id }) + '\n');
    });
  }

  /** Starts a job and waits until it has come to its end. */
  public async runJob(command: string, jobId: string, args: Record<string, unknown>): Promise<void> {
    const concluded = new Promise<void>((resolve, reject) => {
      const onChange = (data: { id: string; status: string }) => {
        if (data.id === jobId && data.status === 'concluded') {
          this.off('JOB_STATUS_CHANGE', onChange);
          resolve();
        }
      };
      this.on('JOB_STATUS_CHANGE', onChange);
      this.execute(command, { 'job-id': jobId, ...args }).catch((error) => {
        this.off('JOB_STATUS_CHANGE', onChange);
        reject(error);
      });
      this.stream.once('close', () => reject(this.ended ?? new Error('QEMU closed the connection')));
    });
    await concluded;
    const jobs: Array<{ id: string; error?: string }> = await this.execute('query-jobs');
    const error = jobs.find((job) => job.id === jobId)?.error;
    await this.execute('job-dismiss', { id: jobId });
    if (error) {
      throw new QmpError(command, 'JobFailed', error);
    }
  }

  private read(text: string): void {
    const lines = (this.unread + text).split('\n');
    this.unread = lines.pop()!;
    for (const line of lines.filter((candidate) => candidate.trim() !== '')) {
      let message;
      try {
        message = JSON.parse(line);
      } catch {
        this.end(new Error(`QEMU sent something that is not QMP: ${line.slice(0, 200)}`));
        this.stream.destroy();
        return;
      }
      this.dispatch(message);
    }
  }

  private dispatch(message: any): void {
    if (message.event) {
      this.emit(message.event, message.data ?? {});
      return;
    }
    const id = message.QMP ? 0 : message.id;
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (message.error) {
      pending?.reject(new QmpError(pending.command, message.error.class, message.error.desc));
    } else {
      pending?.resolve(message.QMP ?? message.return);
    }
  }

  private end(reason: Error): void {
    this.ended ??= reason;
    for (const { command, reject } of this.pending.values()) {
      reject(new Error(`No answer to ${command}: ${this.ended.message}`));
    }
    this.pending.clear();
  }
}
