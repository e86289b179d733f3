import { Image } from './image';
import { kexecTools } from './kexec-tools';

// The arguments on the images: osbuild/osbuild-composer image-types/rhel8/amazon-ec2.md (RHEL), kickstarts for CentOS 7 on EC2,
// Rocky-{8,9,10}-EC2-Base.ks of rocky-linux/kickstarts, http/almalinux-8.aws.ks of AlmaLinux/cloud-images. Those of Oracle are not verified.
// Rocky and Alma disable the service (services --disabled="kdump").
const EC2 = 'console=ttyS0,115200n8 console=tty0 net.ifnames=0 rd.blacklist=nouveau nvme_core.io_timeout=4294967295';
const EL7 = 'crashkernel=auto console=ttyS0,115200n8 console=tty0 net.ifnames=0 biosdevname=0';
const ROCKY_8_ARGUMENTS = 'console=ttyS0,115200n8 no_timer_check crashkernel=auto net.ifnames=0 nvme_core.io_timeout=4294967295 nvme_core.max_retries=10';
const ALMA_8_ARGUMENTS = 'console=ttyS0,115200n8 console=tty0 crashkernel=auto net.ifnames=0 no_timer_check nvme_core.io_timeout=4294967295 '
  + 'nvme_core.max_retries=10';
// On 7 and 8 the word is for the kernel that is compatible with Red Hat's; Oracle's own does not know it.
const ORACLE = 'LANG=en_US.UTF-8 console=tty0 console=ttyS0,115200 rd.luks=0 rd.md=0 rd.dm=0 net.ifnames=1';

const MACHINE_ID = '5a0f3e7c9b1d4862a7e4c0d93b6f1825';
const MAKEDUMPFILE = { el7: '1.6.3', el8: '1.7.2', el9: '1.7.6', el10: '1.7.6' };

interface Release {
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly kernel: string;
  readonly arguments: string;
  readonly olderKernels?: readonly string[];
  readonly arch?: 'x86_64' | 'aarch64';
  /** The folder on the EFI system partition. */
  readonly vendor?: string;
  /** Is the service enabled on the image? */
  readonly serves?: boolean;
  /** Until EL8 a machine that boots by UEFI has its whole grub.cfg, and its grubenv, on the EFI system partition. */
  readonly uefi?: boolean;
}

function osRelease({ name, id, version }: Release): string {
  const like = id === 'rhel' ? 'fedora' : id === 'ol' ? 'fedora' : `rhel ${id === 'centos' ? '' : 'centos '}fedora`;
  return `NAME="${name.replace(/ (?:Stream )?[\d.]+.*$/, '')}"\nVERSION="${version}"\nID="${id}"\nID_LIKE="${like}"\nVERSION_ID="${version}"\n`
    + `PLATFORM_ID="platform:el${parseInt(version)}"\nPRETTY_NAME="${name.replace(/ \(.*/, '')}"\n`;
}

/** /etc/default/grub as anaconda and osbuild write it. */
function grub(commandLine: string, more = ''): string {
  return 'GRUB_TIMEOUT=1\nGRUB_DISTRIBUTOR="$(sed \'s, release .*$,,g\' /etc/system-release)"\nGRUB_DEFAULT=saved\nGRUB_DISABLE_SUBMENU=true\n'
    + `GRUB_TERMINAL_OUTPUT="console"\nGRUB_CMDLINE_LINUX="${commandLine}"\nGRUB_DISABLE_RECOVERY="true"\n${more}`;
}

function enterprise(release: Release, el: 'el7' | 'el8' | 'el9' | 'el10'): Image {
  const { arch = 'x86_64', vendor = 'redhat', serves = false, uefi = false } = release;
  const stub = el === 'el9' || el === 'el10';
  return {
    name: release.name,
    arch,
    osRelease: osRelease(release),
    kernel: release.kernel,
    olderKernels: release.olderKernels,
    files: {
      '/etc/system-release': `${release.name.replace(/ [\d.]+.*$/, '')} release ${release.version}\n`,
      '/etc/default/grub': grub(release.arguments, el === 'el7' ? '' : 'GRUB_ENABLE_BLSCFG=true\n'),
      '/etc/sysctl.conf': '# sysctl settings are defined through files in\n# /usr/lib/sysctl.d/, /run/sysctl.d/, and /etc/sysctl.d/.\n',
      '/etc/sysconfig/kernel': '# UPDATEDEFAULT specifies if new-kernel-pkg should make\n# new kernels the default\nUPDATEDEFAULT=yes\n\n'
        + `# DEFAULTKERNEL specifies the default kernel package type\nDEFAULTKERNEL=kernel${release.id === 'ol' ? '-uek' : ''}\n`,
      '/etc/machine-id': `${MACHINE_ID}\n`,
      // From EL9 on the EFI system partition has a stub; before, another whole configuration, if the machine boots by it.
      ...(stub ? {
        [`/boot/efi/EFI/${vendor}/grub.cfg`]: 'search --no-floppy --fs-uuid --set=dev 0e8a4a6c-1d5e-4a5c-9a44-3a5f3d9e7c10\n'
          + 'set prefix=($dev)/grub2\nexport $prefix\nconfigfile $prefix/grub.cfg\n',
      } : {}),
    },
    links: {
      '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf',
      '/etc/grub2.cfg': '../boot/grub2/grub.cfg',
      '/etc/grub2-efi.cfg': stub ? '../boot/grub2/grub.cfg' : `../boot/efi/EFI/${vendor}/grub.cfg`,
      ...(uefi ? { '/boot/grub2/grubenv': `../efi/EFI/${vendor}/grubenv` } : {}),
    },
    packages: kexecTools({ release: el, arch, makedumpfile: MAKEDUMPFILE[el], enabled: true }),
    installed: [el === 'el10' ? 'kdump-utils' : 'kexec-tools'],
    disabled: serves ? [] : ['kdump'],
    commands: ['chcon', 'grubby', 'restorecon', 'rpm', 'systemctl', ...(el === 'el7' ? ['yum'] : ['dnf', 'yum@dnf'])],
    sh: 'bash',
    syncsFiles: el !== 'el7',
    bootsBy: el === 'el7' ? 'grub.cfg' : 'bls',
    grubConfiguration: uefi ? `/boot/efi/EFI/${vendor}/grub.cfg` : '/boot/grub2/grub.cfg',
    mkconfig: 'grub2-mkconfig',
    linuxCommand: el !== 'el7' ? 'linux' : uefi ? 'linuxefi' : 'linux16',
    ...(el === 'el7' ? {} : {
      entries: {
        options: el === 'el8' ? 'kernelopts' : 'literal', arguments: release.arguments, prefix: '', ...(el === 'el8' ? {} : { rewritten: 'when asked' }),
      },
    }),
    settingsFile: '/etc/kdump.conf',
    filesystem: 'xfs',
  };
}

/** As osbuild makes images: with /etc/kernel/cmdline, from which new kernels take their arguments. */
function osbuilt(image: Image): Image {
  return { ...image, files: { ...image.files, '/etc/kernel/cmdline': `root=/dev/nvme0n1p1 ro ${image.entries!.arguments}\n` } };
}

const RED_HAT = { id: 'rhel', serves: true };
export const RHEL_7 = enterprise({ ...RED_HAT, name: 'Red Hat Enterprise Linux 7.9', version: '7.9', kernel: '3.10.0-1160.119.1.el7.x86_64', arguments: EL7 }, 'el7');
const RED_HAT_8 = {
  ...RED_HAT,
  version: '8.10',
  kernel: '4.18.0-553.22.1.el8_10.x86_64',
  olderKernels: ['4.18.0-553.el8_10.x86_64'],
  arguments: `${EC2} crashkernel=auto`,
};
export const RHEL_8 = enterprise({ ...RED_HAT_8, name: 'Red Hat Enterprise Linux 8.10' }, 'el8');
export const RHEL_8_UEFI = enterprise({ ...RED_HAT_8, name: 'Red Hat Enterprise Linux 8.10 (UEFI)', uefi: true }, 'el8');
export const RHEL_9 = osbuilt(enterprise({
  ...RED_HAT,
  name: 'Red Hat Enterprise Linux 9.6',
  version: '9.6',
  kernel: '5.14.0-570.12.1.el9_6.x86_64',
  olderKernels: ['5.14.0-503.40.1.el9_5.x86_64'],
  arguments: EC2,
}, 'el9'));
export const RHEL_10 = osbuilt(enterprise({
  ...RED_HAT, name: 'Red Hat Enterprise Linux 10.0', version: '10.0', kernel: '6.12.0-55.9.1.el10_0.x86_64', arguments: EC2,
}, 'el10'));

export const CENTOS_7 = enterprise({
  name: 'CentOS Linux 7',
  id: 'centos',
  version: '7',
  vendor: 'centos',
  kernel: '3.10.0-1160.118.1.el7.x86_64',
  olderKernels: ['3.10.0-1127.19.1.el7.x86_64'],
  arguments: EL7,
  serves: true,
}, 'el7');
export const CENTOS_7_UEFI = enterprise({
  name: 'CentOS Linux 7 (UEFI)', id: 'centos', version: '7', vendor: 'centos', kernel: '3.10.0-1160.118.1.el7.x86_64', arguments: EL7, serves: true, uefi: true,
}, 'el7');
export const CENTOS_STREAM_9 = enterprise({
  name: 'CentOS Stream 9', id: 'centos', version: '9', vendor: 'centos', kernel: '5.14.0-590.el9.x86_64', arguments: EC2, serves: true,
}, 'el9');

const ROCKY = { id: 'rocky', vendor: 'rocky' };
export const ROCKY_8 = enterprise({
  ...ROCKY, name: 'Rocky Linux 8.10', version: '8.10', kernel: '4.18.0-553.el8_10.x86_64', arguments: ROCKY_8_ARGUMENTS,
}, 'el8');
export const ROCKY_9 = enterprise({ ...ROCKY, name: 'Rocky Linux 9.6', version: '9.6', kernel: '5.14.0-570.17.1.el9_6.x86_64', arguments: EC2 }, 'el9');
export const ROCKY_9_ARM = enterprise({
  ...ROCKY, name: 'Rocky Linux 9.6 (arm64)', version: '9.6', kernel: '5.14.0-570.17.1.el9_6.aarch64', arguments: EC2, arch: 'aarch64',
}, 'el9');
export const ROCKY_10 = enterprise({ ...ROCKY, name: 'Rocky Linux 10.0', version: '10.0', kernel: '6.12.0-55.12.1.el10_0.x86_64', arguments: EC2 }, 'el10');

const ALMA = { id: 'almalinux', vendor: 'almalinux' };
export const ALMA_8 = enterprise({
  ...ALMA, name: 'AlmaLinux 8.10', version: '8.10', kernel: '4.18.0-553.5.1.el8_10.x86_64', arguments: ALMA_8_ARGUMENTS,
}, 'el8');
export const ALMA_9 = enterprise({ ...ALMA, name: 'AlmaLinux 9.6', version: '9.6', kernel: '5.14.0-570.12.1.el9_6.x86_64', arguments: EC2 }, 'el9');
export const ALMA_10 = enterprise({ ...ALMA, name: 'AlmaLinux 10.0', version: '10.0', kernel: '6.12.0-55.9.1.el10_0.x86_64', arguments: EC2 }, 'el10');

// By default they boot the Unbreakable Enterprise Kernel; the one that is compatible with Red Hat's is there as well.
const ORACLE_AUTO = { id: 'ol', arguments: `crashkernel=auto ${ORACLE}` };
const ORACLE_TABLE = { id: 'ol', arguments: `crashkernel=1G-64G:448M,64G-:512M ${ORACLE}` };
export const ORACLE_7 = enterprise({
  ...ORACLE_AUTO, name: 'Oracle Linux Server 7.9', version: '7.9', kernel: '5.4.17-2136.338.4.2.el7uek.x86_64', olderKernels: ['3.10.0-1160.119.1.0.1.el7.x86_64'],
}, 'el7');
export const ORACLE_8 = enterprise({
  ...ORACLE_AUTO,
  name: 'Oracle Linux Server 8.10',
  version: '8.10',
  kernel: '5.15.0-308.179.6.3.el8uek.x86_64',
  olderKernels: [`0-rescue-${MACHINE_ID}`, '4.18.0-553.22.1.el8_10.x86_64'],
}, 'el8');
export const ORACLE_9 = enterprise({
  ...ORACLE_TABLE, name: 'Oracle Linux Server 9.6', version: '9.6', kernel: '6.12.0-100.28.2.el9uek.x86_64', olderKernels: ['5.14.0-570.17.1.0.1.el9_6.x86_64'],
}, 'el9');
export const ORACLE_10 = enterprise({
  ...ORACLE_TABLE, name: 'Oracle Linux Server 10.0', version: '10.0', kernel: '6.12.0-101.33.4.3.el10uek.x86_64',
}, 'el10');
