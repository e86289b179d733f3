import { Image } from './image';
import { FIVE_TIERS, kdumpTools, NO_USB, NO_USB_FORMERLY } from './kdump-tools';
import { makedumpfile } from './makedumpfile';

/** What all of the Debian family have. */
export const DEBIAN_FAMILY = {
  commands: ['apt-get', 'debconf-set-selections', 'dpkg', 'systemctl'],
  sh: 'dash',
  bootsBy: 'grub.cfg',
  grubConfiguration: '/boot/grub/grub.cfg',
  mkconfig: 'grub-mkconfig',
  settingsFile: '/etc/default/kdump-tools',
  filesystem: 'ext2/ext3', // which is what stat calls ext4, too
} as const;

function osRelease(version: number, codename: string): string {
  return `PRETTY_NAME="Debian GNU/Linux ${version} (${codename})"\nNAME="Debian GNU/Linux"\nVERSION_ID="${version}"\n`
    + `VERSION="${version} (${codename})"\nVERSION_CODENAME=${codename}\nID=debian\nHOME_URL="https://www.debian.org/"\n`;
}

// /etc/default/grub is the file of the package grub-cloud-amd64 (Debian 11, 12, 13); the two others are named by every recipe that
// builds on Debian's cloud images (salsa.debian.org/cloud-team/debian-cloud-images, config_space/*/files/etc/default/grub.d).
function files(terminal: string): Record<string, string> {
  return {
    '/etc/default/grub': '# If you change this file, run \'update-grub\' afterwards to update\n# /boot/grub/grub.cfg.\n'
      + '# For full documentation of the options in this file, see:\n#   info -f grub -n \'Simple configuration\'\n\n'
      + 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\nGRUB_CMDLINE_LINUX_DEFAULT=""\n'
      + `GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200 earlyprintk=ttyS0,115200 consoleblank=0"\n${terminal}\n`
      + 'GRUB_SERIAL_COMMAND="serial --speed=115200"\n',
    '/etc/default/grub.d/10_cloud.cfg': 'GRUB_DISABLE_LINUX_UUID=true\nGRUB_DISABLE_LINUX_PARTUUID=false\n',
    '/etc/default/grub.d/15_timeout.cfg': 'GRUB_TIMEOUT=0\n',
  };
}

// procps 3.3.17 and 4.0.2 have the file, and systemd's package the link to it.
const SYSCTL_CONF = { '/etc/sysctl.conf': '# See /etc/sysctl.d/ for additional system variables.\n#kernel.domainname = example.com\n' };
const SYSCTL_LINK = { '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf' };

export const DEBIAN_11: Image = {
  ...DEBIAN_FAMILY,
  name: 'Debian 11',
  osRelease: osRelease(11, 'bullseye'),
  kernel: '5.10.0-35-cloud-amd64',
  files: { ...files('GRUB_TERMINAL="console serial"'), ...SYSCTL_CONF },
  links: SYSCTL_LINK,
  packages: {
    'kdump-tools': kdumpTools({ crashKernel: '384M-:128M', cmdlineAppend: NO_USB_FORMERLY }),
    'makedumpfile': makedumpfile('1.6.8', { snappy: 'disabled' }),
  },
};

export const DEBIAN_12: Image = {
  ...DEBIAN_11,
  name: 'Debian 12',
  osRelease: osRelease(12, 'bookworm'),
  kernel: '6.1.0-37-cloud-amd64',
  olderKernels: ['6.1.0-35-cloud-amd64'],
  packages: {
    'kdump-tools': kdumpTools({ crashKernel: '384M-:128M', cmdlineAppend: NO_USB }),
    'makedumpfile': makedumpfile('1.7.2', { snappy: 'disabled', zstd: 'disabled' }),
  },
};

/** systemd 257 and procps 4.0.4 of Debian 13 have neither /etc/sysctl.conf nor a link to it. */
export const DEBIAN_13: Image = {
  ...DEBIAN_FAMILY,
  name: 'Debian 13',
  osRelease: osRelease(13, 'trixie'),
  kernel: '6.12.48+deb13-cloud-amd64',
  files: files('GRUB_TERMINAL_OUTPUT="gfxterm serial"'),
  links: {},
  packages: {
    'kdump-tools': kdumpTools({ crashKernel: '512M-:192M', cmdlineAppend: NO_USB }),
    'makedumpfile': makedumpfile('1.7.6', { snappy: 'disabled', zstd: 'enabled' }),
  },
};

/** Read in linux-image-6.12.48+deb13-cloud-arm64. Its kdump-tools copy all of the memory where there is no makedumpfile. */
export const DEBIAN_13_ARM: Image = {
  ...DEBIAN_13,
  name: 'Debian 13 on arm64',
  arch: 'aarch64',
  kernel: '6.12.48+deb13-cloud-arm64',
  kernelOptions: ['CONFIG_ARM64_4K_PAGES=y', 'CONFIG_ARM64_VA_BITS=52'],
  copiesAll: true,
  packages: { 'kdump-tools': kdumpTools({ crashKernel: FIVE_TIERS, cmdlineAppend: NO_USB }) },
};
