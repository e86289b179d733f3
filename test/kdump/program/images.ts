/** What a cloud image has before the program ever ran: the files that the program reads or changes, as the images have them. */
export interface Image {
  readonly osRelease: string;
  readonly kernel: string;
  readonly files: Record<string, string>;
  readonly links: Record<string, string>;
  /** Files that the package lays down, by path. */
  readonly packageFiles: Record<string, string>;
  /** The template from which the package makes its settings. */
  readonly packageSettings: string;
  /** The shell that /bin/sh is. */
  readonly sh: 'dash' | 'bash';
  readonly grubConfiguration: string;
  readonly mkconfig: 'grub-mkconfig' | 'grub2-mkconfig';
  readonly settingsFile: string;
  /** What /boot is on. */
  readonly filesystem: string;
}

// The assignments of kdump-tools 1.8.1, with the explanations between them left out.
const KDUMP_TOOLS_SETTINGS = `# kdump-tools configuration
USE_KDUMP=0

KDUMP_KERNEL=/var/lib/kdump/vmlinuz
KDUMP_INITRD=/var/lib/kdump/initrd.img

KDUMP_COREDIR="/var/crash"
#KDUMP_FAIL_CMD="reboot -f"
#KDUMP_DUMP_DMESG=
#KDUMP_NUM_DUMPS=
#KDUMP_COMPRESSION=

#MAKEDUMP_ARGS="-c -d 31"

#KDUMP_KEXEC_ARGS=""
#KDUMP_CMDLINE=""
#KDUMP_CMDLINE_APPEND="reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb"

#HOSTTAG="hostname|[ip]"
#NFS="<nfs mount>"
#SSH="<user at server>"
#SSH_KEY="<path>"
`;

function kdumpToolsGrub(value: string): string {
  return `GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=${value}"\n`;
}

const DEBIAN_FAMILY = {
  packageSettings: KDUMP_TOOLS_SETTINGS,
  sh: 'dash',
  grubConfiguration: '/boot/grub/grub.cfg',
  mkconfig: 'grub-mkconfig',
  settingsFile: '/etc/default/kdump-tools',
  filesystem: 'ext2/ext3',
} as const;

export const DEBIAN_12: Image = {
  ...DEBIAN_FAMILY,
  osRelease: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\n'
    + 'VERSION_CODENAME=bookworm\nID=debian\n',
  kernel: '6.1.0-37-cloud-amd64',
  files: {
    '/etc/default/grub': '# If you change this file, run \'update-grub\' afterwards to update\n# /boot/grub/grub.cfg.\n\nGRUB_DEFAULT=0\nGRUB_TIMEOUT=5\n'
      + 'GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\nGRUB_CMDLINE_LINUX_DEFAULT=""\n'
      + 'GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200 earlyprintk=ttyS0,115200 consoleblank=0"\n'
      + 'GRUB_TERMINAL="console serial"\nGRUB_SERIAL_COMMAND="serial --speed=115200"\n',
    '/etc/sysctl.conf': '# See /etc/sysctl.d/ for additional system variables.\n#kernel.domainname = example.com\n',
  },
  links: { '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf' },
  packageFiles: { '/etc/default/grub.d/kdump-tools.cfg': kdumpToolsGrub('384M-:128M') },
};

const UBUNTU_FILES = {
  '/etc/default/grub': 'GRUB_DEFAULT=0\nGRUB_TIMEOUT_STYLE=hidden\nGRUB_TIMEOUT=0\n'
    + 'GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\nGRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX=""\n',
  '/etc/default/grub.d/50-cloudimg-settings.cfg': '# Cloud Image specific Grub settings for Generic Cloud Images\n'
    + '# CLOUD_IMG: This file was created/modified by the Cloud Image build process\n\nGRUB_RECORDFAIL_TIMEOUT=0\nGRUB_TIMEOUT=0\n\n'
    + '# Set the default commandline\nGRUB_CMDLINE_LINUX_DEFAULT="console=tty1 console=ttyS0 nvme_core.io_timeout=4294967295"\n\n'
    + '# Set the grub console type\nGRUB_TERMINAL=console\n',
  '/etc/default/grub.d/40-force-partuuid.cfg': '# Force boot without an initramfs by setting GRUB_FORCE_PARTUUID\nGRUB_FORCE_PARTUUID=7d1f4c9e-01\n',
  '/etc/sysctl.conf': '#net.ipv4.ip_forward=1\n#kernel.sysrq=438\n',
};

export const UBUNTU_22_04: Image = {
  ...DEBIAN_FAMILY,
  osRelease: 'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=jammy\n',
  kernel: '6.8.0-1021-aws',
  files: UBUNTU_FILES,
  links: { '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf' },
  packageFiles: { '/etc/default/grub.d/kdump-tools.cfg': kdumpToolsGrub('512M-:192M') },
};

export const UBUNTU_24_04: Image = {
  ...UBUNTU_22_04,
  osRelease: 'PRETTY_NAME="Ubuntu 24.04.2 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=noble\n',
  packageFiles: {
    '/etc/default/grub.d/kdump-tools.cfg': kdumpToolsGrub('2G-4G:320M,4G-32G:512M,32G-64G:1024M,64G-128G:2048M,128G-:4096M'),
  },
};

export const AMAZON_LINUX_2: Image = {
  osRelease: 'NAME="Amazon Linux"\nVERSION="2"\nID="amzn"\nID_LIKE="centos rhel fedora"\nVERSION_ID="2"\nPRETTY_NAME="Amazon Linux 2"\n',
  kernel: '5.10.237-230.949.amzn2.x86_64',
  files: {
    '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="console=tty0 console=ttyS0,115200n8 net.ifnames=0 biosdevname=0 '
      + 'nvme_core.io_timeout=4294967295 rd.emergency=poweroff rd.shell=0"\nGRUB_TIMEOUT=0\nGRUB_DISABLE_RECOVERY="true"\n',
    '/etc/sysctl.conf': '# sysctl settings are defined through files in\n# /usr/lib/sysctl.d/, /run/sysctl.d/, and /etc/sysctl.d/.\n',
  },
  links: {
    '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf',
    '/etc/grub2.cfg': '../boot/grub2/grub.cfg',
    '/etc/grub2-efi.cfg': '../boot/efi/EFI/amzn/grub.cfg', // dangles on a machine that boots by BIOS
  },
  packageFiles: {},
  packageSettings: '# This file contains a series of commands to perform (in order) in the kdump\n# kernel after a kernel crash in the crash '
    + 'kernel(1st kernel) has happened.\n\n#raw /dev/vg/lv_kdump\n#ext4 LABEL=/boot\n#nfs my.server.com:/export/tmp\n'
    + 'path /var/crash\ncore_collector makedumpfile -l --message-level 1 -d 31\n#core_collector scp\n#default shell\n',
  sh: 'bash',
  grubConfiguration: '/boot/grub2/grub.cfg',
  mkconfig: 'grub2-mkconfig',
  settingsFile: '/etc/kdump.conf',
  filesystem: 'xfs',
};
