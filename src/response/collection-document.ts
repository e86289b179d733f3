import * as fs from 'fs';
import * as path from 'path';

/** The parts of the program in the order in which they are put together. */
const SCRIPT_FILES = ['start.sh', 'files.sh', 'list.sh', 'send.sh', 'remove.sh', 'main.sh'];

const NAME = '[A-Za-z0-9_][A-Za-z0-9._:+-]{0,254}';
const NUMBER = '(0|[1-9][0-9]{0,14})';
const PART = `${NAME},${NUMBER},${NUMBER},${NUMBER},${NUMBER}`;
const URL = 'https?://[A-Za-z0-9./?&=%_~:+-]+';

/** By variable of the program: the parameter and what it may be. Nothing of it can end the quotes that it stands in. */
const PARAMETERS: Record<string, { readonly name: string; readonly pattern: string; readonly description: string }> = {
  ACTION: { name: 'Action', pattern: '^(list|send|remove)$', description: 'What to do' },
  DUMP_PATH: { name: 'DumpPath', pattern: '^(/[A-Za-z0-9_][A-Za-z0-9._-]*)+$', description: 'The directory that dumps are written to' },
  SINCE: { name: 'Since', pattern: `^${NUMBER}$`, description: 'Epoch seconds: an older dump is another one' },
  DIRECTORY: { name: 'Directory', pattern: `^(${NAME})?$`, description: 'The dump, in the directory of dumps' },
  SEND: {
    name: 'Send', pattern: `^(${PART},[A-Za-z0-9+/=]+,${URL};)*$`,
    description: 'Parts to upload: file, its bytes, number, offset and length in MiB, SHA-256, address',
  },
  HASH: { name: 'Hash', pattern: `^(${PART};)*$`, description: 'Parts whose SHA-256 to tell' },
  REMOVE: { name: 'Remove', pattern: `^(${NAME},${NUMBER};)*$`, description: 'Files to delete, with their bytes' },
};

/**
 * The Command document that brings a crash dump to S3 with nothing but `curl`.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
 */
export function collectionDocument() {
  const assignments = Object.entries(PARAMETERS).map(([variable, { name }]) => `${variable}='{{ ${name} }}'`);
  return {
    schemaVersion: '2.2',
    description: 'Finds the newest crash dump of a Linux instance, uploads it by presigned URLs, and removes it if asked',
    parameters: Object.fromEntries(Object.values(PARAMETERS).map(({ name, pattern, description }) => [
      name, { type: 'String', description, allowedPattern: pattern, ...name === 'Action' ? {} : { default: DEFAULTS[name] ?? '' } },
    ])),
    mainSteps: [{
      name: 'collect',
      action: 'aws:runShellScript',
      precondition: { StringEquals: ['platformType', 'Linux'] },
      inputs: {
        // Eight parts of half a GiB in this time are more than a megabyte a second.
        timeoutSeconds: '3600',
        runCommand: [...assignments, ...SCRIPT_FILES.flatMap(readScript)],
      },
    }],
  };
}

const DEFAULTS: Record<string, string> = { DumpPath: '/var/crash', Since: '0' };

/** Without lines that are comments. */
function readScript(name: string): string[] {
  return fs.readFileSync(path.join(__dirname, 'script', name), 'utf8').split('\n').filter(line => !/^\s*#($|\s)/.test(line) && line.trim() !== '');
}
