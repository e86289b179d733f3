import { Size, SizeRoundingBehavior } from 'aws-cdk-lib';

/**
 * One row of a crashkernel table: how much memory is reserved on machines of a certain size.
 */
export interface CrashKernelRange {
  /**
   * Machines with at least this much memory are meant. A whole number of MiB; `Size.mebibytes(0)` is allowed.
   */
  readonly memoryFrom: Size;

  /**
   * Machines with less than this much memory are meant. A whole number of MiB, larger than `memoryFrom`.
   *
   * @default - no upper limit; only the last row may do that
   */
  readonly memoryTo?: Size;

  /**
   * The memory that is reserved for the capture kernel. A whole number of MiB, at least 64 MiB.
   */
  readonly reserve: Size;
}

const MIB_PER_GIB = 1024;
// A capture kernel with its initramfs does not start in less on any distribution that the library knows.
const SMALLEST_RESERVATION_MIB = 64;
// The kernel's low area lies below 4 GiB on x86: nothing larger can be meant by `,low`.
const LARGEST_LOW_MIB = 4096;

/**
 * Defines how much memory an instance sets aside at boot for the capture kernel, which writes the dump after a panic.
 *
 * It becomes the kernel's `crashkernel=` parameter, so it takes effect with a reboot. The memory is lost to everything else
 * on the instance.
 *
 * @see https://docs.kernel.org/admin-guide/kdump/kdump.html
 *
 * @example
 * declare const database: ec2.Instance;
 *
 * const small: CrashKernelRange = { memoryFrom: Size.gibibytes(2), memoryTo: Size.gibibytes(64), reserve: Size.mebibytes(512) };
 * const large: CrashKernelRange = { memoryFrom: Size.gibibytes(64), reserve: Size.gibibytes(1) };
 * new KdumpAssociation(this, 'Kdump', {
 *   targets: KdumpTargets.instance(database),
 *   crashKernel: CrashKernel.ranges(small, large),
 * });
 */
export class CrashKernel {
  /**
   * The distribution's own value or table, raised where it is known to be too small for the distribution's own capture kernel.
   */
  public static auto(): CrashKernel {
    return new CrashKernel('auto');
  }

  /**
   * The same amount on every instance.
   *
   * @param size a whole number of MiB, at least 64 MiB
   * @throws if it is less, not whole, or a token
   */
  public static size(size: Size): CrashKernel {
    return new CrashKernel(render(reservation('CrashKernel.size', size)));
  }

  /**
   * An amount that depends on the instance's memory. The kernel rounds the memory up to the next 128 MiB before it looks it up.
   * On an instance that no row covers, nothing is reserved and kdump cannot be armed.
   *
   * @param ranges the rows, ascending and without overlap
   * @throws if there is none, they overlap, or a size is a token, not whole, or larger than the machines of its row
   */
  public static ranges(...ranges: CrashKernelRange[]): CrashKernel {
    const given = 'CrashKernel.ranges';
    if (ranges.length === 0) {
      throw new Error(`${given}: no row was given; at least one is needed. Add a row, or use CrashKernel.auto().`);
    }
    let end: number | undefined = 0;
    const rows = ranges.map((range, index) => {
      const row = `${given}, row ${index + 1}`;
      const from = mebibytes(`${row}, memoryFrom`, range.memoryFrom);
      const to = range.memoryTo && mebibytes(`${row}, memoryTo`, range.memoryTo);
      const reserve = reservation(`${row}, reserve`, range.reserve);
      if (end === undefined || from < end) {
        const before = end === undefined ? 'has no upper limit' : `ends at ${render(end)}`;
        throw new Error(`${row}: it starts at ${render(from)}, but the row before it ${before}. Rows must ascend and not overlap.`);
      }
      if (to !== undefined && to <= from) {
        throw new Error(`${row}: memoryTo ${render(to)} is not larger than memoryFrom ${render(from)}. Swap them, or leave memoryTo out.`);
      }
      if (reserve >= (to ?? Infinity) || (from > 0 && reserve >= from)) {
        throw new Error(`${row}: it reserves ${render(reserve)} on machines that may have no more than that. Raise memoryFrom, or reserve less.`);
      }
      end = to;
      return `${render(from)}-${to === undefined ? '' : render(to)}:${render(reserve)}`;
    });
    return new CrashKernel(rows.join(','));
  }

  /**
   * Memory above 4 GiB for the capture kernel and a small area below 4 GiB for devices that can only address that. x86 only.
   *
   * @param high a whole number of MiB, at least 64 MiB
   * @param low a whole number of MiB, at most 4096 MiB; 0 reserves no low memory
   * @throws if one of them is out of its range, not whole, or a token
   */
  public static highLow(high: Size, low: Size): CrashKernel {
    const highMib = reservation('CrashKernel.highLow, high', high);
    const lowMib = mebibytes('CrashKernel.highLow, low', low);
    if (lowMib > LARGEST_LOW_MIB) {
      throw new Error(`CrashKernel.highLow, low: ${render(lowMib)} was given; the area below 4 GiB holds at most ${LARGEST_LOW_MIB}M. Give less.`);
    }
    return new CrashKernel(`${render(highMib)},high ${render(lowMib)},low`);
  }

  /**
   * The values of the `crashkernel=` parameters, separated by a blank, or `auto`.
   *
   * @internal
   */
  public readonly _value: string;

  private constructor(value: string) {
    this._value = value;
  }
}

function mebibytes(name: string, size: Size): number {
  if (size.isUnresolved()) {
    throw new Error(`${name}: the size is a token, but it is written into a program at synth. Give a literal Size.`);
  }
  const mib = size.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(mib)) {
    throw new Error(`${name}: ${mib} MiB was given; whole MiB are allowed. Use Size.mebibytes(n) or Size.gibibytes(n).`);
  }
  return mib;
}

function reservation(name: string, size: Size): number {
  const mib = mebibytes(name, size);
  if (mib < SMALLEST_RESERVATION_MIB) {
    throw new Error(`${name}: ${render(mib)} was given; a capture kernel needs at least ${SMALLEST_RESERVATION_MIB}M. Reserve more.`);
  }
  return mib;
}

function render(mib: number): string {
  return mib > 0 && mib % MIB_PER_GIB === 0 ? `${mib / MIB_PER_GIB}G` : `${mib}M`;
}
