import { spawn } from 'child_process';
import { bindParameters } from '../../local/aws/command-document';
import { collectionDocument } from '../../src/response/collection-document';

/** The shells of the supported systems: Debian's, everybody else's, and that of small images. */
export const SHELLS = [['dash'], ['bash', '--posix'], ['busybox', 'ash']];

export interface ProgramRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the agent would run: the document's script, with the parameters checked and pasted as text. */
export function scriptFor(parameters: Record<string, string>): string {
  const content = collectionDocument();
  const given = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]]));
  const bound = bindParameters({ name: 'collect', content }, given);
  return content.mainSteps[0].inputs.runCommand.join('\n').replace(/{{ *(\w+) *}}/g, (_match, name: string) => String(bound[name]));
}

/** Runs a script. Not synchronously: the server that it sends to may be this process. */
export function runScript(script: string, [command, ...args]: string[] = SHELLS[0]): Promise<ProgramRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args, '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', data => { stdout += data; });
    child.stderr.on('data', data => { stderr += data; });
    child.on('error', reject);
    child.on('close', exitCode => resolve({ exitCode, stdout, stderr }));
  });
}

export const runProgram = (parameters: Record<string, string>, shell?: string[]) => runScript(scriptFor(parameters), shell);
