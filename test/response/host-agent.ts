import { spawn } from 'node:child_process';
import { DumpingMachine } from './dumping-machine';
import { LocalAws } from '../../local/aws/aws-endpoint';

interface Command {
  readonly commandId: string;
  readonly content: { readonly mainSteps: { readonly name: string; readonly inputs: { readonly runCommand: string[] } }[] };
  readonly parameters: Record<string, string>;
}

/**
 * The agent of a machine in memory: it carries out the document of the collection with this machine's own shell, in the folder that the
 * document names. Any other program it reports as done: that of kdump would configure the machine which the tests run on.
 */
export class HostAgent {
  private ended = false;
  private readonly loop: Promise<void>;

  /** @param kdumpExitCode how the program of kdump ends */
  constructor(private readonly local: LocalAws, private readonly machine: DumpingMachine, private readonly kdumpExitCode = 0) {
    this.loop = this.serve();
  }

  async close(): Promise<void> {
    this.ended = true;
    await this.loop;
  }

  private async serve(): Promise<void> {
    while (!this.ended) {
      if (this.machine.online) await this.work().catch(() => {}); // the endpoint may be closed at any time
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  private async work(): Promise<void> {
    const answer = await fetch(this.url('next'), { signal: AbortSignal.timeout(1000) });
    if (answer.status !== 200) return;
    const text = await answer.text();
    if (!text) return;
    const { commandId, content, parameters } = JSON.parse(text) as Command;
    await this.post('accepted', { commandId });
    const [{ name, inputs }] = content.mainSteps;
    const { exitCode, stdout, stderr } = name === 'collect' ? await run(inputs.runCommand.join('\n'), parameters) : { exitCode: this.kdumpExitCode, stdout: '', stderr: '' };
    await this.post('result', { commandId, status: exitCode ? 'Failed' : 'Success', exitCode, stdout, stderr, runs: 1 });
  }

  private post(verb: string, body: object): Promise<unknown> {
    return fetch(this.url(verb), { method: 'POST', body: JSON.stringify(body) });
  }

  private url(verb: string): string {
    return `http://127.0.0.1:${this.local.port}/agent/${this.machine.instanceId}/${verb}`;
  }
}

function run(program: string, parameters: Record<string, string>): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const script = program.replace(/\{\{ *(\w+) *\}\}/g, (_, name: string) => parameters[name]);
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout += text);
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr += text);
  return new Promise(resolve => child.once('close', code => resolve({ exitCode: code ?? 1, stdout, stderr })));
}
