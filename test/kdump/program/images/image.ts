/** A package as the distribution has it. */
export interface Package {
  /** What it lays down, by path, replacing what is there. */
  readonly files?: Record<string, string>;
  /** The settings that it lays down where there are none. */
  readonly settings?: Record<string, string>;
  /** The commands that come with it: names in stand-ins/. */
  readonly commands?: readonly string[];
  /** The services that come with it, each with its file in stand-ins/units/. */
  readonly units?: Record<string, string>;
  /** What it does in the end of its installation: shell code. */
  readonly scriptlet?: string;
}

/** What a cloud image has before the program ever ran: the files that the program reads or changes, as the images have them. */
export interface Image {
  readonly name: string;
  /** By default x86_64. */
  readonly arch?: 'x86_64' | 'aarch64';
  readonly osRelease: string;
  /** The newest of its kernels, by which it was booted. */
  readonly kernel: string;
  readonly olderKernels?: readonly string[];
  /** What its kernels are built with, besides what all are. */
  readonly kernelOptions?: readonly string[];
  /** Whether no makedumpfile can read that, so that dumps are copies of all of the memory. */
  readonly copiesAll?: boolean;
  readonly files: Record<string, string>;
  readonly links: Record<string, string>;
  /** What the distribution's repositories have, and which of it is on the image already. */
  readonly packages: Record<string, Package>;
  readonly installed?: readonly string[];
  /** The services that the image has disabled, although their package enables them. */
  readonly disabled?: readonly string[];
  /** The commands that only this kind of system has: names in stand-ins/, where what follows an "@" is not part of the command. */
  readonly commands: readonly string[];
  /** The shell that /bin/sh is. */
  readonly sh: 'dash' | 'bash';
  /** Coreutils before 8.24 know no `sync FILE`. */
  readonly syncsFiles?: boolean;
  /** By default systemd. */
  readonly init?: 'systemd' | 'sysv';
  /** Where GRUB takes the command line from: `linux` lines, files of their own for each kernel, or `kernel` lines of GRUB 0.97. */
  readonly bootsBy: 'grub.cfg' | 'bls' | 'legacy';
  /** The file that GRUB reads: the one of this firmware. */
  readonly grubConfiguration: string;
  readonly mkconfig: 'grub-mkconfig' | 'grub2-mkconfig';
  /** The command that it writes in grub.cfg: by default `linux`. */
  readonly linuxCommand?: 'linux' | 'linux16' | 'linuxefi';
  /** Only with bootsBy 'bls'. */
  readonly entries?: BootEntries;
  /** The settings of kdump. */
  readonly settingsFile: string;
  /** What /boot is on. */
  readonly filesystem: string;
}

/** The files of the Boot Loader Specification, one for each kernel. */
export interface BootEntries {
  /** `options $kernelopts`, a variable of grubenv (EL8), or the arguments themselves. */
  readonly options: 'kernelopts' | 'literal';
  readonly arguments: string;
  /** Where GRUB finds the kernels: /boot is a file system of its own, or not. */
  readonly prefix: '' | '/boot';
  /** Does grub2-mkconfig write the options of existing entries anew, always or only with --update-bls-cmdline? Never with $kernelopts. */
  readonly rewritten?: 'always' | 'when asked';
}
