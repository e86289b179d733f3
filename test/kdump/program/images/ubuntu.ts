import { DEBIAN_FAMILY, kdumpTools } from './debian';
import { Image } from './image';

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
  name: 'Ubuntu 22.04',
  osRelease: 'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=jammy\n',
  kernel: '6.8.0-1021-aws',
  files: UBUNTU_FILES,
  links: { '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf' },
  packages: { 'kdump-tools': kdumpTools('512M-:192M'), 'makedumpfile': {} },
};

export const UBUNTU_24_04: Image = {
  ...UBUNTU_22_04,
  name: 'Ubuntu 24.04',
  osRelease: 'PRETTY_NAME="Ubuntu 24.04.2 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=noble\n',
  packages: { 'kdump-tools': kdumpTools('2G-4G:320M,4G-32G:512M,32G-64G:1024M,64G-128G:2048M,128G-:4096M'), 'makedumpfile': {} },
};
