import { SizeRoundingBehavior } from 'aws-cdk-lib';
import { CrashKernel } from './crash-kernel';
import { KdumpOptions } from './kdump-options';
import { KdumpProgramSettings, renderKdumpProgram } from './kdump-program';

/**
 * Returns the program that makes kdump on an instance like the options say.
 */
export function programOf(
  { crashKernel = CrashKernel.auto(), dump = {} }: KdumpOptions,
  how: Pick<KdumpProgramSettings, 'action' | 'rebootPolicy' | 'rebootWindow'>,
): string {
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

function packageVersion(): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('../../package.json').version;
}
