import { Size } from 'aws-cdk-lib';

/**
 * How a dump is compressed while it is written.
 *
 * @see https://man7.org/linux/man-pages/man8/makedumpfile.8.html
 */
export enum DumpCompression {
  /** The smallest of the older three, and the slowest. Every makedumpfile has it. */
  ZLIB = 'zlib',
  /** Fast. */
  LZO = 'lzo',
  /** Fast. */
  SNAPPY = 'snappy',
  /** Small and fast; needs makedumpfile 1.7 or later. */
  ZSTD = 'zstd',
}

/**
 * What an instance does after a dump.
 */
export enum AfterDump {
  /** It boots again. */
  REBOOT = 'reboot',
  /**
   * It powers off, so that EC2 stops it, or terminates it if that is its shutdown behavior. kdump-tools (Debian, Ubuntu), SUSE's kdump and
   * RHEL 7 cannot do that and reboot.
   */
  POWER_OFF = 'poweroff',
}

/**
 * What is dumped, and where to. Its values become part of a program at synth, so none may be a token. Where a distribution's kdump cannot do a thing, the status of the instance says so in its notes.
 *
 * @example
 * declare const database: ec2.Instance;
 *
 * new KdumpAssociation(this, 'Kdump', {
 *   targets: KdumpTargets.instance(database),
 *   dump: { path: '/data/crash', dumpsToKeep: 1, minimumFreeSpace: Size.gibibytes(40) },
 * });
 */
export interface DumpOptions {
  /**
   * The directory on the instance that dumps are written to: an absolute path of up to 200 letters, digits, `.`, `_`, `-` and `/`, on
   * a disk. It does not end with `/`, and no name in it begins with `.` or `-`.
   *
   * @default '/var/crash'
   */
  readonly path?: string;

  /**
   * Which pages are left out, as the sum of 1 (zero pages), 2 and 4 (page cache), 8 (user data) and 16 (free pages): 0 to 31.
   *
   * @default - the distribution's own: on SUSE what its settings say, elsewhere 31
   * @see https://man7.org/linux/man-pages/man8/makedumpfile.8.html
   */
  readonly level?: number;

  /**
   * How the dump is compressed. Where makedumpfile was built without it, zlib is taken.
   *
   * @default - zstd on Debian and Ubuntu where makedumpfile was built with it and nobody has set other arguments, the distribution's own
   * otherwise; where `level` is given zstd, or zlib without it
   */
  readonly compression?: DumpCompression;

  /**
   * How many dumps stay on the instance; older ones are deleted. 1 to 1000. The Red Hat and Amazon families cannot do that.
   *
   * @default - all of them
   */
  readonly dumpsToKeep?: number;

  /**
   * The free space below which the instance counts as not armed (`low-disk`): a dump that does not fit is lost, and the crash was for
   * nothing. A whole number of MiB; 0 switches the check off.
   *
   * @default - a fifth of the instance's memory: twice what most dumps at level 31 stay below (https://access.redhat.com/solutions/5676371);
   * all of it with a `level` below 30, which leaves less out
   */
  readonly minimumFreeSpace?: Size;

  /**
   * What the instance does after the dump.
   *
   * @default AfterDump.REBOOT
   */
  readonly afterDump?: AfterDump;
}
