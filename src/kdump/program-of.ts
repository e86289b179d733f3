import { SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { CrashKernel } from './crash-kernel';
import { DumpOptions } from './dump-options';
import { KdumpOptions } from './kdump-options';
import { KdumpProgramSettings, renderKdumpProgram } from './kdump-program';

/**
 * Returns the program that makes kdump on an instance like the options say.
 */
export function programOf(
  { crashKernel = CrashKernel.auto(), dump = {} }: KdumpOptions,
  how: Pick<KdumpProgramSettings, 'action' | 'rebootPolicy' | 'rebootWindow'>,
): string {
  requireLiterals(dump);
  return renderKdumpProgram({
    ...how,
    crashKernel: crashKernel._value,
    dumpPath: dump.path ?? '/var/crash',
    dumpLevel: dump.level,
    compression: dump.compression,
    dumpsToKeep: dump.dumpsToKeep,
    minimumFreeMib: dump.minimumFreeSpace?.toMebibytes({ rounding: SizeRoundingBehavior.NONE }),
    afterDump: dump.afterDump,
    version: packageVersion(),
  });
}

function requireLiterals(dump: DumpOptions): void {
  for (const [name, value] of Object.entries(dump)) {
    if (Token.isUnresolved(value) || (name === 'minimumFreeSpace' && dump.minimumFreeSpace?.isUnresolved())) {
      throw new Error(`dump.${name}: it is a token, but it is written into a program at synth. Give a literal value.`);
    }
  }
}

function packageVersion(): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('../../package.json').version;
}
