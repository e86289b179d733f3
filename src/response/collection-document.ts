import * as fs from 'fs';
import * as path from 'path';
import { commandsOf } from '../kdump/command-document';

/** The parts of the program in the order in which they are put together. The last one runs the rest. */
export const COLLECTION_SCRIPT_FILES = ['start.sh', 'files.sh', 'list.sh', 'send.sh', 'remove.sh', 'main.sh'];

const NUMBER = '(0|[1-9][0-9]{0,14})';
const NAME = '[A-Za-z0-9_][A-Za-z0-9._:+-]{0,254}';
const PART = `${NAME},${NUMBER},${NUMBER},${NUMBER},${NUMBER}`;
const CHECKSUM = '[A-Za-z0-9+/]{43}=';
// What URLs that the SDK has signed are made of: all the rest is percent-encoded.
const URL = 'https?://[A-Za-z0-9./?&=%_~:+-]+';

interface DocumentParameter {
  readonly type: 'String';
  readonly description: string;
  readonly default?: string;
  readonly allowedValues?: string[];
  readonly allowedPattern?: string;
}

/**
 * What the program is told, by parameter. None of the patterns lets a quote, a blank or a backslash pass, nor the braces of another
 * parameter; and each is understood alike by the service and by agents, whose regular expressions know neither lookaround nor a
 * repetition of more than 1,000.
 */
export const COLLECTION_PARAMETERS: Record<string, DocumentParameter> = {
  Action: { type: 'String', description: 'What is to be done', allowedValues: ['list', 'send', 'remove'] },
  DumpPath: {
    type: 'String',
    description: 'Where dumps are written to',
    default: '/var/crash',
    allowedPattern: '^(/[A-Za-z0-9_][A-Za-z0-9._-]*)+$',
  },
  Since: { type: 'String', description: 'list: epoch seconds, older dumps are not looked at', default: '0', allowedPattern: `^${NUMBER}$` },
  Directory: { type: 'String', description: 'send, remove: the directory of the dump', default: '', allowedPattern: `^(${NAME})?$` },
  Send: {
    type: 'String',
    description: 'send: file, its bytes, number, offset and length of the part in MiB, checksum, address;',
    default: '',
    allowedPattern: `^(${PART},${CHECKSUM},${URL};)*$`,
  },
  Hash: {
    type: 'String',
    description: 'send: file, its bytes, number, offset and length in MiB of the part to hash;',
    default: '',
    allowedPattern: `^(${PART};)*$`,
  },
  Remove: { type: 'String', description: 'remove: file, its bytes;', default: '', allowedPattern: `^(${NAME},${NUMBER};)*$` },
};

/**
 * Returns the POSIX sh program that finds, sends and removes a dump. Parameters are pasted between single quotes.
 */
export function renderCollectionProgram(): string {
  return [
    '#!/bin/sh',
    '# Brings a crash dump to S3. Made by cdk-diagnostic-interrupt, whose sources have the comments.',
    ...Object.keys(COLLECTION_PARAMETERS).map(name => `${variableOf(name)}='{{ ${name} }}'`),
    ...COLLECTION_SCRIPT_FILES.map(readScript),
  ].join('\n');
}

/** `DumpPath` is `DUMP_PATH` in the program. */
export function variableOf(parameter: string): string {
  return parameter.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}

/** Without lines that are comments. */
function readScript(name: string): string {
  const lines = fs.readFileSync(path.join(__dirname, 'script', name), 'utf8').split('\n');
  return lines.filter(line => !/^\s*#($|\s)/.test(line) && line.trim() !== '').join('\n') + '\n';
}

/**
 * The Command document by which the response collects a dump.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
 */
export function collectionDocument() {
  return {
    schemaVersion: '2.2',
    description: 'Finds the crash dump of a Linux instance and sends it to where presigned URLs point',
    parameters: COLLECTION_PARAMETERS,
    mainSteps: [{
      name: 'collect',
      action: 'aws:runShellScript',
      precondition: { StringEquals: ['platformType', 'Linux'] },
      inputs: {
        // As long as the presigned URLs of a batch hold.
        timeoutSeconds: '3600',
        runCommand: commandsOf(renderCollectionProgram()),
      },
    }],
  };
}
