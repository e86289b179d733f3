import { DEBIAN_FAMILY } from './debian';
import { Image } from './image';
import { FIVE_TIERS, kdumpTools, NO_USB, NO_USB_FORMERLY } from './kdump-tools';
import { makedumpfile } from './makedumpfile';

function osRelease(version: string, codename: string): string {
  const release = version.split('.').slice(0, 2).join('.');
  return `PRETTY_NAME="Ubuntu ${version} LTS"\nNAME="Ubuntu"\nVERSION_ID="${release}"\nVERSION_CODENAME=${codename}\nID=ubuntu\nID_LIKE=debian\n`
    + `HOME_URL="https://www.ubuntu.com/"\nUBUNTU_CODENAME=${codename}\n`;
}

const FILES = {
  '/etc/default/grub': '# If you change this file, run \'update-grub\' afterwards to update\n# /boot/grub/grub.cfg.\n\n'
    + 'GRUB_DEFAULT=0\nGRUB_TIMEOUT_STYLE=hidden\nGRUB_TIMEOUT=0\n'
    + 'GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\nGRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX=""\n',
  '/etc/default/grub.d/50-cloudimg-settings.cfg': '# Cloud Image specific Grub settings for Generic Cloud Images\n'
    + '# CLOUD_IMG: This file was created/modified by the Cloud Image build process\n\n'
    + '# Set the recordfail timeout\nGRUB_RECORDFAIL_TIMEOUT=0\n\n# Do not wait on grub prompt\nGRUB_TIMEOUT=0\n\n'
    + '# Set the default commandline\nGRUB_CMDLINE_LINUX_DEFAULT="console=tty1 console=ttyS0 nvme_core.io_timeout=4294967295"\n\n'
    + '# Set the grub console type\nGRUB_TERMINAL=console\n',
};
// Images since 19.10 boot without an initramfs.
const FILES_SINCE_20_04 = {
  ...FILES,
  '/etc/default/grub.d/40-force-partuuid.cfg': '# Force boot without an initramfs by setting GRUB_FORCE_PARTUUID\n'
    + '# CLOUD_IMG: This file was created/modified by the Cloud Image build process\nGRUB_FORCE_PARTUUID=7d1f4c9e-01\n',
};
const SYSCTL_CONF = { '/etc/sysctl.conf': '#net.ipv4.ip_forward=1\n#kernel.sysrq=438\n' };

// The facts of the project name the values: 192M for amd64 until 22.04, and the five tiers for arm64 and what is newer.
const SMALL = '512M-:192M';

export const UBUNTU_18_04: Image = {
  ...DEBIAN_FAMILY,
  name: 'Ubuntu 18.04',
  osRelease: osRelease('18.04.6', 'bionic'),
  kernel: '5.4.0-1103-aws',
  files: { ...FILES, ...SYSCTL_CONF },
  links: { '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf' },
  packages: {
    'kdump-tools': kdumpTools({ crashKernel: SMALL, cmdlineAppend: NO_USB_FORMERLY, sysctl: true }), // 1:1.6.5-1ubuntu1~18.04
    'makedumpfile': makedumpfile('1.6.5', { snappy: 'disabled' }),
  },
};

export const UBUNTU_20_04: Image = {
  ...UBUNTU_18_04,
  name: 'Ubuntu 20.04',
  osRelease: osRelease('20.04.6', 'focal'),
  kernel: '5.15.0-1084-aws',
  files: { ...FILES_SINCE_20_04, ...SYSCTL_CONF },
  packages: {
    'kdump-tools': kdumpTools({ crashKernel: SMALL, cmdlineAppend: NO_USB_FORMERLY, sysctl: true }), // 1:1.6.7
    'makedumpfile': makedumpfile('1.6.7', { snappy: 'disabled' }),
  },
};

export const UBUNTU_22_04: Image = {
  ...UBUNTU_20_04,
  name: 'Ubuntu 22.04',
  osRelease: osRelease('22.04.5', 'jammy'),
  kernel: '6.8.0-1021-aws',
  olderKernels: ['6.8.0-1019-aws'],
  packages: {
    'kdump-tools': kdumpTools({ crashKernel: SMALL, cmdlineAppend: NO_USB_FORMERLY }), // 1:1.6.10
    'makedumpfile': makedumpfile('1.7.0', { snappy: 'disabled', zstd: 'disabled' }),
  },
};

export const UBUNTU_24_04: Image = {
  ...UBUNTU_22_04,
  name: 'Ubuntu 24.04',
  osRelease: osRelease('24.04.2', 'noble'),
  kernel: '6.14.0-1017-aws',
  olderKernels: ['6.14.0-1015-aws'],
  packages: {
    'kdump-tools': kdumpTools({ crashKernel: FIVE_TIERS, cmdlineAppend: NO_USB }), // 1.10.3ubuntu2
    'makedumpfile': makedumpfile('1.7.4', { snappy: 'disabled', zstd: 'disabled' }), // whether with zstd: not verified
  },
};

export const UBUNTU_24_04_ARM: Image = { ...UBUNTU_24_04, name: 'Ubuntu 24.04 on arm64', arch: 'aarch64' };

/** procps, systemd and makedumpfile are those of Debian 13 or later. Its coreutils are uutils, but for cp, mv and rm. */
export const UBUNTU_26_04: Image = {
  ...UBUNTU_24_04,
  name: 'Ubuntu 26.04',
  osRelease: osRelease('26.04', 'resolute'),
  kernel: '7.0.0-1012-aws',
  olderKernels: [],
  files: FILES_SINCE_20_04,
  links: {},
  packages: {
    'kdump-tools': kdumpTools({ crashKernel: FIVE_TIERS, cmdlineAppend: NO_USB }), // 1.10.7ubuntu2
    'makedumpfile': makedumpfile('1.7.6', { snappy: 'disabled', zstd: 'enabled' }),
  },
};
