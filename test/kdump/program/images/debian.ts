import { Image, Package } from './image';

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

/** kdump-tools with the value of crashkernel= that this release ships. */
export function kdumpTools(crashKernel: string): Package {
  return {
    settings: {
      '/etc/default/kdump-tools': KDUMP_TOOLS_SETTINGS,
      '/etc/default/grub.d/kdump-tools.cfg': `GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=${crashKernel}"\n`,
    },
    units: { 'kdump-tools': 'kdump-tools.debian' },
    scriptlet: 'if [ -n "$FIRST" ] && ! grep -q "kdump-tools/use_kdump boolean false" /stand-in/debconf 2> /dev/null; then\n'
      + '  sed -i "s/^USE_KDUMP=.*/USE_KDUMP=1/" /etc/default/kdump-tools\nfi\n'
      + 'grub-mkconfig -o /boot/grub/grub.cfg || exit 1\nsystemctl enable kdump-tools\nsystemctl restart kdump-tools\n',
  };
}

/** What all of the Debian family have. */
export const DEBIAN_FAMILY = {
  commands: ['apt-get', 'debconf-set-selections', 'dpkg', 'systemctl'],
  sh: 'dash',
  bootsBy: 'grub.cfg',
  grubConfiguration: '/boot/grub/grub.cfg',
  mkconfig: 'grub-mkconfig',
  settingsFile: '/etc/default/kdump-tools',
  filesystem: 'ext2/ext3',
} as const;

export const DEBIAN_12: Image = {
  ...DEBIAN_FAMILY,
  name: 'Debian 12',
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
  packages: { 'kdump-tools': kdumpTools('384M-:128M'), 'makedumpfile': {} },
};
