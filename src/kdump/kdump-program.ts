import * as fs from 'fs';
import * as path from 'path';

/** What is baked into the program that prepares an instance for kdump. */
export interface KdumpProgramSettings {
  /** `auto`, or a value of the kernel's `crashkernel=` argument. */
  readonly crashKernel: string;
  /** Whether the program may ask the agent to reboot. */
  readonly rebootPolicy: 'never' | 'whenRequired';
  /** The directory on the instance that dumps are written to. */
  readonly dumpPath: string;
  /** The version of this library, for the status line. */
  readonly version: string;
}

/** The parts of the program in the order in which they are put together; the last one runs it. */
export const SCRIPT_FILES = [
  'status.sh', 'write.sh', 'detect.sh', 'crashkernel.sh', 'packages.sh', 'bootloader.sh', 'sysctl.sh', 'kdump-settings.sh',
  'arm.sh', 'reboot.sh', 'main.sh',
];

const SIZE = '[0-9]{1,6}[KMGT]';
// The grammar of Documentation/admin-guide/kdump/kdump.rst without @offset, which no instance needs.
const CRASH_KERNEL = new RegExp(
  `^(auto|${SIZE}|${SIZE}-(${SIZE})?:${SIZE}(,${SIZE}-(${SIZE})?:${SIZE}){0,31}|${SIZE},high( ${SIZE},low)?)$`,
);
const DUMP_PATH = /^(?=.{2,200}$)(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/;

/**
 * Returns the POSIX sh program that prepares an instance, with the settings baked in.
 *
 * The values are checked here a last time, whoever checked them before: they become words of a root shell and of the kernel's
 * command line.
 */
export function renderKdumpProgram(settings: KdumpProgramSettings): string {
  check('crashKernel', settings.crashKernel, CRASH_KERNEL.test(settings.crashKernel),
    "'auto', a size such as '256M', ranges such as '512M-2G:128M,2G-:256M', or '512M,high 72M,low'", 'Use CrashKernel to make the value.');
  check('rebootPolicy', settings.rebootPolicy, ['never', 'whenRequired'].includes(settings.rebootPolicy),
    "'never' or 'whenRequired'", 'Use RebootPolicy to make the value.');
  check('dumpPath', settings.dumpPath, DUMP_PATH.test(settings.dumpPath),
    "an absolute path of up to 200 letters, digits, '/', '.', '_' and '-'", "Take a directory on a disk, such as '/var/crash'.");
  check('version', settings.version, VERSION.test(settings.version), "a version such as '1.2.3'", 'Give the version of the package.');

  const header = [
    '#!/bin/sh',
    '# Prepares this machine to write a crash dump when its kernel panics. Made by cdk-diagnostic-interrupt.',
    `CRASHKERNEL='${settings.crashKernel}'`,
    `REBOOT_POLICY='${settings.rebootPolicy}'`,
    `DUMP_PATH='${settings.dumpPath}'`,
    `PROGRAM_VERSION='${settings.version}'`,
    '',
  ].join('\n');
  return [header, ...SCRIPT_FILES.map(readScript)].join('\n');
}

function readScript(name: string): string {
  const text = fs.readFileSync(path.join(__dirname, 'script', name), 'utf8');
  return text.replace(/^# shellcheck shell=sh\n/, '');
}

function check(name: string, given: unknown, allowed: boolean, grammar: string, advice: string): void {
  if (!allowed) {
    throw new Error(`The kdump program cannot be made: ${name} is ${JSON.stringify(given)}, allowed is ${grammar}. ${advice}`);
  }
}
