/** How one processor architecture is built and emulated. */
export interface Platform {
  /** As Debian calls it. */
  readonly architecture: 'amd64' | 'arm64';

  /** The kernel and the boot loader, and what they need. */
  readonly packages: string[];

  readonly qemu: string;

  /** QEMU's options for the board and the processor. */
  readonly board: string[];

  /** QEMU's options for the firmware that the disk is booted by. */
  readonly firmware: string[];

  /** The kernel's name of the serial console. */
  readonly console: string;

  /** Whether EC2 can send it a diagnostic interrupt, and so whether a hang can end in a dump. */
  readonly takesInterrupts: boolean;

  /** Programs and files of this machine that it needs besides, and the Debian/Ubuntu package of each. */
  readonly tools: Record<string, string>;

  /** The configuration, as of systemd-binfmt, by which this machine's kernel runs its programs. */
  readonly binfmt?: string;
}

/** A PC with a BIOS. */
export const X86: Platform = {
  architecture: 'amd64',
  packages: ['linux-image-cloud-amd64', 'grub-pc'],
  qemu: 'qemu-system-x86_64',
  board: ['-machine', 'q35', '-cpu', 'qemu64'],
  firmware: [],
  console: 'ttyS0',
  takesInterrupts: true,
  tools: { 'qemu-system-x86_64': 'qemu-system-x86' },
};

const UEFI = '/usr/share/qemu-efi-aarch64/QEMU_EFI.fd';

/** An Arm server with UEFI and ACPI, as a Graviton instance is; their cores are Neoverse ones from Graviton2 on. */
export const ARM: Platform = {
  architecture: 'arm64',
  packages: ['linux-image-cloud-arm64', 'grub-efi-arm64', 'dosfstools'],
  qemu: 'qemu-system-aarch64',
  board: ['-machine', 'virt,gic-version=3', '-cpu', 'neoverse-n1'],
  firmware: ['-bios', UEFI],
  console: 'ttyAMA0',
  takesInterrupts: false,
  tools: {
    'qemu-system-aarch64': 'qemu-system-arm',
    'qemu-aarch64-static': 'qemu-user-static',
    'arch-test': 'arch-test',
    [UEFI]: 'qemu-efi-aarch64',
  },
  binfmt: 'qemu-aarch64',
};
