import { ARM, Platform, X86 } from './platform';

/** A system that the local instance can be. */
export interface Release {
  /** As on the demo's command line. */
  readonly name: string;

  /** As the program's status line calls it. */
  readonly system: string;

  /** Debian's name for it. */
  readonly suite: string;

  readonly platform: Platform;

  /**
   * Whether Debian supports it no more. Its security archive loses packages that its index still lists, so that nothing can be
   * installed from it; the last point release stays whole.
   */
  readonly ended?: boolean;

  /** Whether no makedumpfile can read the memory of its kernel, so that a dump is a copy of all of it. */
  readonly rawDump?: boolean;
}

/** What the demo and the end-to-end test run on. */
export const DEBIAN_12: Release = { name: 'debian-12', system: 'debian 12', suite: 'bookworm', platform: X86 };

export const RELEASES: Release[] = [
  { name: 'debian-11', system: 'debian 11', suite: 'bullseye', platform: X86, ended: true },
  DEBIAN_12,
  { name: 'debian-13', system: 'debian 13', suite: 'trixie', platform: X86 },
  // Not Debian 12: without CONFIG_KALLSYMS_ALL, as its Arm kernels are built, kexec finds no kernel in memory and describes the crashed
  // one wrongly. The kernel of Debian 13 is built for 52 bit addresses in pages of 4 KiB, which makedumpfile, up to 1.7.8 of Debian's
  // testing, does not know: "PAGE SIZE 0x1000 and VA Bits 52 not supported", and a dump of 0 bytes.
  { name: 'debian-13-arm64', system: 'debian 13', suite: 'trixie', platform: ARM, rawDump: true },
];
