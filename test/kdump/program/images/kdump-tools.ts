import { Package } from './image';

interface Release {
  /** The value of crashkernel= that it ships. */
  readonly crashKernel: string;
  /** How the capture kernel is kept from USB. */
  readonly cmdlineAppend: string;
  /** 1.6.5 and 1.6.7 had the kernel setting in this file; later it lies in /etc/kdump/sysctl.conf. */
  readonly sysctl?: boolean;
}

// /usr/share/kdump-tools/kdump-tools.conf, with most of the explanations left out.
function settings(release: Release): string {
  return `# kdump-tools configuration
# ---------------------------------------------------------------------------
# USE_KDUMP - controls kdump will be configured
#     0 - kdump kernel will not be loaded
#     1 - kdump kernel will be loaded and kdump is configured
#
USE_KDUMP=1
${release.sysctl ? '#KDUMP_SYSCTL="kernel.panic_on_oops=1"\n' : ''}

# ---------------------------------------------------------------------------
# Kdump Kernel:
KDUMP_KERNEL=/var/lib/kdump/vmlinuz
KDUMP_INITRD=/var/lib/kdump/initrd.img


# ---------------------------------------------------------------------------
# vmcore Handling:
# KDUMP_COMPRESSION - Compress the dumpfile. No compression is used by default.
#     Supported compressions: bzip2, gzip, lz4, xz
KDUMP_COREDIR="/var/crash"
#KDUMP_FAIL_CMD="reboot -f"
#KDUMP_DUMP_DMESG=
#KDUMP_NUM_DUMPS=
#KDUMP_COMPRESSION=


# ---------------------------------------------------------------------------
# Makedumpfile options:
# MAKEDUMP_ARGS - extra arguments passed to makedumpfile (8).  The default,
#     if unset, is to pass '-c -d 31' telling makedumpfile to use compression
#     and reduce the corefile to in-use kernel pages only.
#MAKEDUMP_ARGS="-c -d 31"


# ---------------------------------------------------------------------------
# Kexec/Kdump args
#KDUMP_KEXEC_ARGS=""
#KDUMP_CMDLINE=""
#KDUMP_CMDLINE_APPEND="reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll ${release.cmdlineAppend}"

# ---------------------------------------------------------------------------
# Remote dump facilities:
#HOSTTAG="hostname|[ip]"

#NFS="<nfs mount>"
#NFS_TIMEO="600"
#NFS_RETRANS="3"

#SSH="<user at server>"
#SSH_KEY="<path>"
`;
}

/** The package kdump-tools, read in Debian's own packages 1.6.8.4, 1.8.1 and 1.10.7. */
export function kdumpTools(release: Release): Package {
  return {
    files: { '/stand-in/kdump-tools.conf': settings(release) },
    settings: {
      '/etc/default/grub.d/kdump-tools.cfg': `GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=${release.crashKernel}"\n`,
    },
    units: { 'kdump-tools': 'kdump-tools.debian' },
    scriptlet: 'sh /stand-in/kdump-tools.postinst\n',
  };
}

/** For a capture kernel of Hyper-V, until 1.7. */
export const NO_USB_FORMERLY = 'nousb ata_piix.prefer_ms_hyperv=0';
export const NO_USB = 'usbcore.nousb';

/** What kdump-tools reserve on arm64, and Ubuntu's newer ones everywhere. */
export const FIVE_TIERS = '2G-4G:320M,4G-32G:512M,32G-64G:1024M,64G-128G:2048M,128G-:4096M';
