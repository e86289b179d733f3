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

  /** Packages of what kdump needs that the machine gets from a later release, because the release's own do not work there. */
  readonly newer?: { readonly suite: string; readonly packages: string[] };
}

/** What the demo and the end-to-end test run on. */
export const DEBIAN_12: Release = { name: 'debian-12', system: 'debian 12', suite: 'bookworm', platform: X86 };

export const RELEASES: Release[] = [
  { name: 'debian-11', system: 'debian 11', suite: 'bullseye', platform: X86, ended: true },
  DEBIAN_12,
  { name: 'debian-13', system: 'debian 13', suite: 'trixie', platform: X86 },
  // Not Debian 12: without CONFIG_KALLSYMS_ALL, as its Arm kernels are built, kexec finds no kernel in memory and describes the crashed
  // one wrongly, so that makedumpfile writes nothing. The makedumpfile of Debian 13 (1.7.6) writes nothing either: it does not know the
  // 52 bit addresses that its kernel is built for ("PAGE SIZE 0x1000 and VA Bits 52 not supported").
  { name: 'debian-13-arm64', system: 'debian 13', suite: 'trixie', platform: ARM, newer: { suite: 'forky', packages: ['makedumpfile'] } },
];
