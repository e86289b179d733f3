import { CrashKernel } from './crash-kernel';
import { DumpOptions } from './dump-options';

/**
 * What kdump is to be like on an instance.
 */
export interface KdumpOptions {
  /**
   * The memory that each instance reserves for the capture kernel.
   *
   * @default CrashKernel.auto()
   */
  readonly crashKernel?: CrashKernel;

  /**
   * What is dumped, and where to.
   *
   * @default - the distribution's own settings, in /var/crash
   */
  readonly dump?: DumpOptions;
}
