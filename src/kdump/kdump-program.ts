import { createHash } from 'crypto';
import * as fs from 'fs';
import * as path from 'path';
import { DUMP_PATH_GRAMMAR, isDumpPath } from './dump-path';

/** What is baked into the program that prepares an instance for kdump. */
export interface KdumpProgramSettings {
  /** Whether the program configures the instance or puts back what it had configured. */
  readonly action?: 'configure' | 'revert';
  /** `auto`, or a value of the kernel's `crashkernel=` argument. */
  readonly crashKernel: string;
  /** Whether, and when, the program may ask the agent to reboot. */
  readonly rebootPolicy: 'never' | 'whenRequired' | 'inWindow';
  /** Days of the week (1 is Monday), minute of the day at which the window opens, minutes that it lasts; UTC. */
  readonly rebootWindow?: string;
  /** The directory on the instance that dumps are written to. */
  readonly dumpPath: string;
  /** What makedumpfile leaves out, 0 to 31; the distribution's own without it. */
  readonly dumpLevel?: number;
  /** How makedumpfile compresses; the distribution's own without it. */
  readonly compression?: string;
  /** How many dumps stay on the instance; the distribution's own without it. */
  readonly dumpsToKeep?: number;
  /** Free space that a dump may need, in MiB; a share of the memory without it. */
  readonly minimumFreeMib?: number;
  /** What the instance does after a dump. */
  readonly afterDump?: 'reboot' | 'poweroff';
  /** The version of this library, for the status line. */
  readonly version: string;
}

/**
 * The parts of the program in the order in which they are put together. The shell reads it as it goes: what a machine with nothing to
 * do needs comes first, up to converged.sh, which ends the program there. The last one runs the rest.
 */
export const SCRIPT_FILES = [
  'start.sh', 'status.sh', 'facts.sh', 'crashkernel.sh', 'disk.sh', 'sysctl.sh', 'converged.sh',
  'write.sh', 'record.sh', 'detect.sh', 'refusals.sh', 'inventory.sh', 'stamp.sh', 'crashkernel-default.sh', 'packages.sh', 'service.sh',
  'boot-files.sh', 'grub-settings.sh', 'grub-configuration.sh', 'boot-entries.sh', 'settings-file.sh', 'kdump-settings.sh', 'arm.sh',
  'reboot.sh', 'revert.sh', 'main.sh',
];

const SIZE = '[0-9]{1,6}[KMGT]';
// The grammar of Documentation/admin-guide/kdump/kdump.rst without @offset, which no instance needs.
const CRASH_KERNEL = new RegExp(
  `^(auto|${SIZE}|${SIZE}-(${SIZE})?:${SIZE}(,${SIZE}-(${SIZE})?:${SIZE}){0,31}|${SIZE},high( ${SIZE},low)?)$`,
);
const REBOOT_WINDOW = /^(?=[1-7])1?2?3?4?5?6?7? ([0-9]|[1-9][0-9]{1,2}|1[0-3][0-9]{2}|14[0-3][0-9]) ([1-9][0-9]{1,3})$/;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/;

/**
 * Returns the POSIX sh program that prepares an instance, with the settings baked in.
 *
 * The values are checked here a last time, whoever checked them before: they become words of a root shell and of the kernel's
 * command line. They are named as the properties are that they come from.
 */
export function renderKdumpProgram(settings: KdumpProgramSettings): string {
  const { action = 'configure', afterDump = 'reboot', rebootWindow = '', dumpLevel, compression, dumpsToKeep, minimumFreeMib } = settings;
  check('action', action, ['configure', 'revert'].includes(action), "'configure' or 'revert'", 'Use KdumpAssociationProps.revert.');
  check('crashKernel', settings.crashKernel, CRASH_KERNEL.test(settings.crashKernel),
    "'auto', a size such as '256M', ranges such as '512M-2G:128M,2G-:256M', or '512M,high 72M,low'", 'Use CrashKernel to make the value.');
  check('rebootPolicy', settings.rebootPolicy, ['never', 'whenRequired', 'inWindow'].includes(settings.rebootPolicy),
    "'never', 'whenRequired' or 'inWindow'", 'Use RebootPolicy to make the value.');
  check('rebootWindow', rebootWindow, settings.rebootPolicy === 'inWindow' ? REBOOT_WINDOW.test(rebootWindow) : rebootWindow === '',
    "days, opening minute and minutes such as '67 120 180' with the policy 'inWindow', and nothing else", 'Use RebootPolicy to make the value.');
  check('dump.path', settings.dumpPath, isDumpPath(settings.dumpPath), DUMP_PATH_GRAMMAR, "Take a directory on a disk, such as '/var/crash'.");
  check('dump.level', dumpLevel, within(dumpLevel, 0, 31), 'a whole number from 0 to 31', 'Take 31 for the smallest dump.');
  check('dump.compression', compression, compression === undefined || ['zlib', 'lzo', 'snappy', 'zstd'].includes(compression),
    "'zlib', 'lzo', 'snappy' or 'zstd'", 'Use DumpCompression.');
  check('dump.dumpsToKeep', dumpsToKeep, within(dumpsToKeep, 1, 1000), 'a whole number from 1 to 1000', 'Leave it out to keep all.');
  check('dump.minimumFreeSpace', minimumFreeMib, within(minimumFreeMib, 0, 1e9), 'a Size of whole MiB', 'Leave it out for a share of the memory.');
  check('dump.afterDump', afterDump, ['reboot', 'poweroff'].includes(afterDump), "'reboot' or 'poweroff'", 'Use AfterDump.');
  check('version', settings.version, VERSION.test(settings.version), "a version such as '1.2.3'", 'Give the version of the package.');

  const body = [
    `ACTION='${action}'`,
    `CRASHKERNEL='${settings.crashKernel}'`,
    `REBOOT_POLICY='${settings.rebootPolicy}'`,
    `REBOOT_WINDOW='${rebootWindow}'`,
    `DUMP_PATH='${settings.dumpPath}'`,
    `DUMP_LEVEL='${dumpLevel ?? ''}'`,
    `COMPRESSION='${compression ?? ''}'`,
    `DUMPS_TO_KEEP='${dumpsToKeep ?? ''}'`,
    `MINIMUM_FREE_MIB='${minimumFreeMib ?? 'auto'}'`,
    `AFTER_DUMP='${afterDump}'`,
    `PROGRAM_VERSION='${settings.version}'`,
    ...SCRIPT_FILES.map(readScript),
  ].join('\n');
  return [
    '#!/bin/sh',
    '# Prepares this machine to write a crash dump when its kernel panics. Made by cdk-diagnostic-interrupt, whose sources have the',
    '# comments: a Command document holds 64 KB.',
    `PROGRAM_ID='${createHash('sha256').update(body).digest('hex').slice(0, 16)}'`,
    body,
  ].join('\n');
}

/** Without lines that are comments, and indented by one blank for two: no text of the program has blanks at the beginning of a line. */
function readScript(name: string): string {
  const lines = fs.readFileSync(path.join(__dirname, 'script', name), 'utf8').split('\n');
  const code = lines.filter(line => !/^\s*#($|\s)/.test(line) && line.trim() !== '');
  return code.map(line => line.replace(/^ +/, indent => ' '.repeat(indent.length / 2)) + '\n').join('');
}

function within(given: number | undefined, least: number, most: number): boolean {
  return given === undefined || (Number.isInteger(given) && given >= least && given <= most);
}

function check(name: string, given: unknown, allowed: boolean, grammar: string, advice: string): void {
  if (!allowed) {
    throw new Error(`The kdump program cannot be made: ${name} is ${JSON.stringify(given)}, allowed is ${grammar}. ${advice}`);
  }
}
