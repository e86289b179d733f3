import { Image } from './image';

const KDUMP_CONF = '# This file contains a series of commands to perform (in order) in the kdump\n# kernel after a kernel crash in the crash '
  + 'kernel(1st kernel) has happened.\n\n#raw /dev/vg/lv_kdump\n#ext4 LABEL=/boot\n#nfs my.server.com:/export/tmp\n'
  + 'path /var/crash\ncore_collector makedumpfile -l --message-level 1 -d 31\n#core_collector scp\n#default shell\n';

export const AMAZON_LINUX_2: Image = {
  name: 'Amazon Linux 2',
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
  packages: {
    'kexec-tools': { settings: { '/etc/kdump.conf': KDUMP_CONF }, units: { kdump: 'kdump.enterprise' }, scriptlet: 'systemctl enable kdump\n' },
  },
  commands: ['rpm', 'systemctl', 'yum'],
  bootsBy: 'grub.cfg',
  sh: 'bash',
  grubConfiguration: '/boot/grub2/grub.cfg',
  mkconfig: 'grub2-mkconfig',
  settingsFile: '/etc/kdump.conf',
  filesystem: 'xfs',
};
