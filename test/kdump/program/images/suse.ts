import { Image } from './image';
import { KDUMP_0_8, KDUMP_2_0, KDUMP_2_1 } from './suse-kdump';

const SUSE_FAMILY = {
  commands: ['pbl', 'rpm', 'systemctl', 'zypper'],
  sh: 'bash',
  bootsBy: 'grub.cfg',
  grubConfiguration: '/boot/grub2/grub.cfg',
  mkconfig: 'grub2-mkconfig',
  settingsFile: '/etc/sysconfig/kdump',
  filesystem: 'xfs',
  links: { '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf' },
} as const;

const SYSCTL_CONF = {
  '/etc/sysctl.conf': '####\n#\n# /etc/sysctl.conf is meant for local sysctl settings\n#\n# sysctl reads settings from the following locations:\n'
    + '#   /boot/sysctl.conf-<kernelversion>\n#   /lib/sysctl.d/*.conf\n#   /usr/lib/sysctl.d/*.conf\n#   /usr/local/lib/sysctl.d/*.conf\n'
    + '#   /etc/sysctl.d/*.conf\n#   /run/sysctl.d/*.conf\n#   /etc/sysctl.conf\n####\n',
};

// The arguments of the images for EC2: SUSE-Enceladus/keg-recipes, data/csp/ec2/sle12 and data/platforms/csp.
const EC2_ARGUMENTS = 'console=ttyS0 net.ifnames=0 8250.nr_uarts=4 dis_ucode_ldr multipath=off nvme_core.admin_timeout=4294967295 '
  + 'nvme_core.io_timeout=4294967295';

// As kiwi writes it (OSInside/kiwi, kiwi/bootloader/config/grub2.py): line after line, in the order of their names. The command line
// goes into GRUB_CMDLINE_LINUX, and there is no line for GRUB_CMDLINE_LINUX_DEFAULT, where grub2-mkconfig knows GRUB_ENABLE_BLSCFG.
function grub(title: string, commandLine: string): Record<string, string> {
  return {
    '/etc/default/grub': `${commandLine}GRUB_DISTRIBUTOR="${title}"\nGRUB_GFXMODE=800x600\n`
      + 'GRUB_SERIAL_COMMAND="serial --speed=38400 --unit=0 --word=8 --parity=no --stop=1"\nGRUB_TERMINAL="console serial"\nGRUB_TIMEOUT=1\n',
    '/etc/sysconfig/bootloader': 'LOADER_TYPE=grub2-efi\nLOADER_LOCATION=none\n',
  };
}

function sles(version: string, name: string): string {
  return `NAME="SLES"\nVERSION="${name}"\nVERSION_ID="${version}"\nPRETTY_NAME="SUSE Linux Enterprise Server ${name.replace('-', ' ')}"\nID="sles"\n`
    + `${version.startsWith('12') ? '' : 'ID_LIKE="suse"\n'}ANSI_COLOR="0;32"\nCPE_NAME="cpe:/o:suse:sles:${version.replace('.', ':sp')}"\n`;
}

function leap(version: string): string {
  return `NAME="openSUSE Leap"\nVERSION="${version}"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="${version}"\n`
    + `PRETTY_NAME="openSUSE Leap ${version}"\nCPE_NAME="cpe:/o:opensuse:leap:${version}"\n`;
}

export const SLES_12: Image = {
  ...SUSE_FAMILY,
  name: 'SLES 12 SP5',
  osRelease: sles('12.5', '12-SP5'),
  kernel: '4.12.14-122.228-default',
  files: { ...grub('SLES 12-SP5', `GRUB_CMDLINE_LINUX_DEFAULT="${EC2_ARGUMENTS}"\n`), ...SYSCTL_CONF },
  packages: { kdump: KDUMP_0_8 },
};

export const SLES_15: Image = {
  ...SUSE_FAMILY,
  name: 'SLES 15 SP6',
  osRelease: sles('15.6', '15-SP6'),
  kernel: '6.4.0-150600.23.70-default',
  olderKernels: ['6.4.0-150600.23.65-default'],
  files: {
    ...grub('SLES 15-SP6', `GRUB_CMDLINE_LINUX_DEFAULT="${EC2_ARGUMENTS} systemd.unified_cgroup_hierarchy=1"\n`), ...SYSCTL_CONF,
  },
  packages: { kdump: KDUMP_2_0 },
};

export const SLES_15_ARM: Image = { ...SLES_15, name: 'SLES 15 SP6 on arm64', arch: 'aarch64' };

/** Its root is a btrfs snapshot with /boot in it. That the default line is missing is not verified for this release. */
export const SLES_16: Image = {
  ...SUSE_FAMILY,
  name: 'SLES 16',
  osRelease: sles('16.0', '16.0'),
  kernel: '6.12.0-160000.5-default',
  files: grub('SLES 16.0', `GRUB_CMDLINE_LINUX="${EC2_ARGUMENTS} security=selinux selinux=1"\nSUSE_BTRFS_SNAPSHOT_BOOTING=true\n`),
  links: {},
  packages: { kdump: KDUMP_2_1 },
  filesystem: 'btrfs',
};

export const LEAP_15: Image = {
  ...SLES_15,
  name: 'openSUSE Leap 15.6',
  osRelease: leap('15.6'),
  kernel: '6.4.0-150600.23.60-default',
  olderKernels: [],
  files: { ...grub('openSUSE Leap 15.6', `GRUB_CMDLINE_LINUX_DEFAULT="${EC2_ARGUMENTS}"\n`), ...SYSCTL_CONF },
};

/** With the default line, as grub2-mkconfig without GRUB_ENABLE_BLSCFG gets it: kdump's own change of the boot loader takes effect here. */
export const LEAP_16: Image = {
  ...SLES_16,
  name: 'openSUSE Leap 16',
  osRelease: leap('16.0'),
  kernel: '6.12.0-160000.4-default',
  files: grub('openSUSE Leap 16.0', `GRUB_CMDLINE_LINUX_DEFAULT="${EC2_ARGUMENTS} security=selinux selinux=1"\nSUSE_BTRFS_SNAPSHOT_BOOTING=true\n`),
};
