import { Package } from './image';
import { makedumpfile } from './makedumpfile';

/** A release of kexec-tools, or of kdump-utils since EL10. */
export interface KexecTools {
  readonly release: 'sysv' | 'el7' | 'el8' | 'el9' | 'el10';
  readonly arch: 'x86_64' | 'aarch64';
  readonly makedumpfile: string;
  /** Do the distribution's presets enable the service at installation? */
  readonly enabled: boolean;
}

// Source: gen-kdump-conf.sh of rhkdump/kdump-utils (EL9 and later) and kdump.conf of the older releases in its history, with the
// explanations left out but for the options that they name.
const INTRODUCTION = '# This file contains a series of commands to perform (in order) in the kdump\n'
  + '# kernel after a kernel crash in the crash kernel(1st kernel) has happened.\n#\n# Supported options:\n#\n';
const NAMED = '# path <path>\n# core_collector <command> <options>\n# kdump_post <binary | script>\n# kdump_pre <binary | script>\n'
  + '# extra_bins <binaries | shell scripts>\n# extra_modules <module(s)>\n';
const NAMED_SINCE_EL8 = `${NAMED}# failure_action <reboot | halt | poweroff | shell | dump_to_rootfs>\n`
  + '# default <reboot | halt | poweroff | shell | dump_to_rootfs>\n# final_action <reboot | halt | poweroff>\n';
const KDUMP_CONF = {
  sysv: `${INTRODUCTION}${NAMED}\n`
    + '#raw /dev/sda5\n#ext4 /dev/sda3\n#net my.server.com:/export/tmp\n#net user@my.server.com\npath /var/crash\n'
    + 'core_collector makedumpfile -c --message-level 1 -d 31\n#core_collector scp\n#link_delay 60\n#default shell\n',
  el7: `${INTRODUCTION}${NAMED}# default <reboot | halt | poweroff | shell | dump_to_rootfs>\n\n`
    + '#raw /dev/vg/lv_kdump\n#ext4 LABEL=/boot\n#nfs my.server.com:/export/tmp\n#ssh user@my.server.com\n#sshkey /root/.ssh/kdump_id_rsa\n'
    + 'path /var/crash\ncore_collector makedumpfile -l --message-level 1 -d 31\n#core_collector scp\n#default shell\n#force_rebuild 1\n',
  el8: `${INTRODUCTION}${NAMED_SINCE_EL8}\n`
    + '#raw /dev/vg/lv_kdump\n#ext4 LABEL=/boot\n#nfs my.server.com:/export/tmp\n#ssh user@my.server.com\n#sshkey /root/.ssh/kdump_id_rsa\n'
    + 'path /var/crash\ncore_collector makedumpfile -l --message-level 7 -d 31\n#core_collector scp\n#failure_action shell\n#force_rebuild 1\n',
  el9: `${INTRODUCTION}# auto_reset_crashkernel <yes|no>\n${NAMED_SINCE_EL8}\n`
    + '#raw /dev/vg/lv_kdump\n#ext4 LABEL=/boot\n#virtiofs myfs\n#nfs my.server.com:/export/tmp\n#ssh user@my.server.com\n'
    + 'auto_reset_crashkernel yes\npath /var/crash\ncore_collector makedumpfile -l --message-level 7 -d 31\n#core_collector scp\n'
    + '#failure_action shell\n#force_rebuild 1\n#force_no_rebuild 1\n#dracut_args --omit-drivers "cfg80211 snd" --add-drivers "ext2 ext3"\n',
};

// Source: gen-kdump-sysconfig.sh of rhkdump/kdump-utils.
const APPENDED = {
  x86_64: 'irqpoll nr_cpus=1 reset_devices cgroup_disable=memory mce=off numa=off udev.children-max=2 panic=10 acpi_no_memhotplug '
    + 'transparent_hugepage=never nokaslr hest_disable novmcoredd cma=0 hugetlb_cma=0',
  aarch64: 'irqpoll nr_cpus=1 reset_devices cgroup_disable=memory udev.children-max=2 panic=10 swiotlb=noforce novmcoredd cma=0 hugetlb_cma=0',
};

function sysconfig({ release, arch }: KexecTools): string {
  return '# Kernel Version string for the -kdump kernel, such as 2.6.13-1544.FC5kdump\nKDUMP_KERNELVER=""\n\nKDUMP_COMMANDLINE=""\n\n'
    + '# This variable lets us remove arguments from the current kdump commandline\n'
    + 'KDUMP_COMMANDLINE_REMOVE="hugepages hugepagesz slub_debug quiet log_buf_len swiotlb"\n\n'
    + `KDUMP_COMMANDLINE_APPEND="${APPENDED[arch]}"\n\n`
    + `KEXEC_ARGS="${release === 'el7' || release === 'sysv' ? '' : '-s'}"\n\n#KDUMP_BOOTDIR="/boot"\nKDUMP_IMG="vmlinuz"\nKDUMP_IMG_EXT=""\n`;
}

/** Kdump's module of dracut. Newer ones take the kernel's settings out of the initramfs again; from which release of EL8 on is not verified. */
function dracutModule(release: KexecTools['release']): Record<string, string> {
  const removes = release === 'el9' || release === 'el10' ? 'remove_sysctl_conf() {\n    rm -rf "${initdir}/etc/sysctl.d"\n}\n\n' : '';
  return { '/usr/lib/dracut/modules.d/99kdumpbase/module-setup.sh': `${removes}install() {\n    ${removes ? 'remove_sysctl_conf' : ':'}\n}\n` };
}

/** The packages that kdump needs, by their names in this release. */
export function kexecTools(tools: KexecTools): Record<string, Package> {
  const { release, enabled } = tools;
  const settings = { '/etc/kdump.conf': KDUMP_CONF[release === 'el10' ? 'el9' : release], '/etc/sysconfig/kdump': sysconfig(tools) };
  // Whether Amazon builds it with snappy is not verified.
  const collector = makedumpfile(tools.makedumpfile, { snappy: 'enabled', ...(release === 'el9' || release === 'el10' ? { zstd: 'enabled' } : {}) });
  if (release === 'sysv') {
    const files = { ...collector.files, '/etc/rc.d/init.d/kdump': '#!/bin/sh\n. /stand-in/units/kdump\n' };
    return { 'kexec-tools': { files, settings, commands: ['makedumpfile', 'mkdumprd'], units: { kdump: 'kdump.sysv' } } };
  }
  const service = {
    settings,
    commands: [`kdumpctl@${release}`, 'mkdumprd'],
    units: { kdump: 'kdump.enterprise' },
    scriptlet: enabled ? 'systemctl enable kdump\n' : '',
  };
  if (release !== 'el10') {
    return { 'kexec-tools': { ...service, files: { ...collector.files, ...dracutModule(release) }, commands: [...service.commands, 'makedumpfile'] } };
  }
  // kdump-utils requires the two others.
  const required = 'for each in kexec-tools makedumpfile; do sh /stand-in/install-package $each || exit 1; done\n';
  return { 'kdump-utils': { ...service, files: dracutModule(release), scriptlet: required + service.scriptlet }, 'makedumpfile': collector, 'kexec-tools': {} };
}
