import { Image } from './image';
import { kexecTools } from './kexec-tools';

const SYSCTL_CONF = '# sysctl settings are defined through files in\n# /usr/lib/sysctl.d/, /run/sysctl.d/, and /etc/sysctl.d/.\n';
const MACHINE_ID = 'ec2a1b6f0d9c4f0e8a7b5c3d1e2f4a6b';

// grub.conf has the form of the example of menu.lst in the EC2 User Guide ("User provided kernels"). Not verified: kdump.conf and the exit
// codes of its init script, which are those of EL6.
const LEGACY_KERNEL = '4.14.336-180.566.amzn1.x86_64';
export const AMAZON_LINUX_1: Image = {
  name: 'Amazon Linux 1',
  osRelease: 'NAME="Amazon Linux AMI"\nVERSION="2018.03"\nID="amzn"\nID_LIKE="rhel fedora"\nVERSION_ID="2018.03"\n'
    + 'PRETTY_NAME="Amazon Linux AMI 2018.03"\nCPE_NAME="cpe:/o:amazon:linux:2018.03:ga"\n',
  kernel: LEGACY_KERNEL,
  files: {
    '/boot/grub/grub.conf': '# created by imagebuilder\ndefault=0\ntimeout=0\nhiddenmenu\n\n'
      + `title Amazon Linux 2018.03 (${LEGACY_KERNEL})\nroot (hd0,0)\n`
      + `kernel /boot/vmlinuz-${LEGACY_KERNEL} root=LABEL=/ console=tty1 console=ttyS0 selinux=0 nvme_core.io_timeout=4294967295\n`
      + `initrd /boot/initramfs-${LEGACY_KERNEL}.img\n\n`,
    '/etc/sysctl.conf': '# Kernel sysctl configuration file for Red Hat Linux\n\n# Controls IP packet forwarding\nnet.ipv4.ip_forward = 0\n\n'
      + '# Controls the System Request debugging functionality of the kernel\nkernel.sysrq = 0\n',
    // Not verified that something applies it.
    '/etc/sysctl.d/00-defaults.conf': '# Maximize console logging level for kernel printk messages\nkernel.printk = 8 4 1 7\n\n'
      + '# Wait 5 seconds and then reboot after kernel panic\nkernel.panic = 5\n',
  },
  links: { '/boot/grub/menu.lst': './grub.conf', '/etc/grub.conf': '../boot/grub/grub.conf' },
  packages: kexecTools({ release: 'sysv', arch: 'x86_64', makedumpfile: '1.5.7', enabled: false }),
  commands: ['chcon', 'chkconfig', 'grubby', 'rpm', 'service', 'yum'],
  init: 'sysv',
  sh: 'bash',
  syncsFiles: false,
  bootsBy: 'legacy',
  grubConfiguration: '/boot/grub/grub.conf',
  mkconfig: 'grub2-mkconfig', // missing on it
  settingsFile: '/etc/kdump.conf',
  filesystem: 'ext2/ext3',
};

export const AMAZON_LINUX_2: Image = {
  name: 'Amazon Linux 2',
  osRelease: 'NAME="Amazon Linux"\nVERSION="2"\nID="amzn"\nID_LIKE="centos rhel fedora"\nVERSION_ID="2"\nPRETTY_NAME="Amazon Linux 2"\n',
  kernel: '5.10.237-230.949.amzn2.x86_64',
  files: {
    '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="console=tty0 console=ttyS0,115200n8 net.ifnames=0 biosdevname=0 '
      + 'nvme_core.io_timeout=4294967295 rd.emergency=poweroff rd.shell=0"\nGRUB_TIMEOUT=0\nGRUB_DISABLE_RECOVERY="true"\n',
    '/etc/sysctl.conf': SYSCTL_CONF,
  },
  links: {
    '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf',
    '/etc/grub2.cfg': '../boot/grub2/grub.cfg',
    '/etc/grub2-efi.cfg': '../boot/efi/EFI/amzn/grub.cfg', // dangles on a machine that boots by BIOS
  },
  packages: kexecTools({ release: 'el7', arch: 'x86_64', makedumpfile: '1.6.3', enabled: true }),
  commands: ['chcon', 'grubby', 'restorecon', 'rpm', 'systemctl', 'yum'],
  sh: 'bash',
  syncsFiles: false,
  bootsBy: 'grub.cfg',
  grubConfiguration: '/boot/grub2/grub.cfg',
  mkconfig: 'grub2-mkconfig',
  settingsFile: '/etc/kdump.conf',
  filesystem: 'xfs',
};

// Written from reports of instances, not read on one. Not verified: the arguments in detail, whether plain grub2-mkconfig rewrites the
// entries (GRUB 2.06 of Fedora 35, from which it is made, does), and whether kdump is enabled at installation.
const ARGUMENTS_2023 = 'console=tty0 console=ttyS0,115200n8 nvme_core.io_timeout=4294967295 rd.emergency=poweroff rd.shell=0 selinux=1 '
  + 'security=selinux quiet numa_cma=1:64M';

export const AMAZON_LINUX_2023: Image = {
  ...AMAZON_LINUX_2,
  name: 'Amazon Linux 2023',
  osRelease: 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\nPLATFORM_ID="platform:al2023"\n'
    + 'PRETTY_NAME="Amazon Linux 2023.7.20250609"\n',
  kernel: '6.1.141-155.222.amzn2023.x86_64',
  files: {
    '/etc/default/grub': `GRUB_CMDLINE_LINUX_DEFAULT="${ARGUMENTS_2023}"\nGRUB_TIMEOUT=0\nGRUB_DISABLE_RECOVERY="true"\n`
      + 'GRUB_TERMINAL="console"\nGRUB_ENABLE_BLSCFG="true"\n',
    '/etc/sysctl.conf': SYSCTL_CONF,
    '/etc/machine-id': `${MACHINE_ID}\n`,
  },
  links: { '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf', '/etc/grub2.cfg': '../boot/grub2/grub.cfg', '/etc/grub2-efi.cfg': '../boot/grub2/grub.cfg' },
  packages: kexecTools({ release: 'el9', arch: 'x86_64', makedumpfile: '1.7.2', enabled: false }),
  commands: ['chcon', 'dnf', 'grubby', 'restorecon', 'rpm', 'systemctl', 'yum@dnf'],
  syncsFiles: true,
  bootsBy: 'bls',
  entries: { options: 'literal', arguments: ARGUMENTS_2023, prefix: '/boot', rewritten: 'always' },
};

export const AMAZON_LINUX_2023_ARM: Image = {
  ...AMAZON_LINUX_2023,
  name: 'Amazon Linux 2023 (arm64)',
  arch: 'aarch64',
  kernel: '6.1.141-155.222.amzn2023.aarch64',
  // The stub on the EFI system partition leads to the same grub.cfg.
  files: {
    ...AMAZON_LINUX_2023.files,
    '/boot/efi/EFI/amzn/grub.cfg': 'search.fs_uuid 0e8a4a6c-1d5e-4a5c-9a44-3a5f3d9e7c10 root\nset no_modules=y\nset prefix=($root)\'/boot/grub2\'\n'
      + 'configfile $prefix/grub.cfg\n',
  },
  packages: kexecTools({ release: 'el9', arch: 'aarch64', makedumpfile: '1.7.2', enabled: false }),
};
