# shellcheck shell=sh
# Everything that the later steps rely on, before the first change.

# kexec-tools looks _text up to describe the memory of the dying kernel. On arm64 a kernel of Debian 12 had none; it was armed, panicked,
# and makedumpfile wrote nothing.
kernel_can_be_dumped() {
  [ "$arch" != aarch64 ] || [ ! -e /proc/kallsyms ] || grep -q -e ' _text$' -e ' arch_kimage_file_post_load_cleanup$' /proc/kallsyms
}

refuse_unsupported_system() {
  [ -n "$family" ] ||
    finish unsupported "The operating system '${os_id:-unknown} $os_version' is not supported." \
      'See the support matrix in the documentation. Leave this instance out of the targets of the association.'
  case $arch in
    x86_64 | aarch64) ;;
    *) finish unsupported "The architecture '$arch' is not supported." 'Supported: x86_64 and aarch64.' ;;
  esac
  [ -e /sys/kernel/kexec_crash_size ] ||
    finish unsupported 'This kernel has no /sys/kernel/kexec_crash_size: it is built without kexec, or this is a container.' \
      "Boot one of the distribution's own kernels."
  if ! kernel_can_be_dumped; then
    finish unsupported 'This kernel names no symbol _text (CONFIG_KALLSYMS_ALL) and loads no crash kernel by itself (CONFIG_KEXEC_FILE): the dump would be empty.' \
      "Boot another kernel of the distribution; Debian 12 has none for arm64, Debian 13 has."
  fi
  if [ "$ACTION" != revert ] && [ -n "${copies_all:-}" ] && has makedumpfile; then
    finish unsupported 'makedumpfile cannot read the memory of this kernel (52 bit addresses, pages of 4 KiB): the dump would be empty.' \
      "Run 'apt-get remove makedumpfile', so that all of the memory is copied, or install one that knows this kernel."
  fi
  if has transactional-update && [ ! -w /usr ]; then
    finish unsupported 'The root file system of this system is read-only and changes by transactions only.' \
      "Run 'transactional-update setup-kdump' on it, and leave this instance out of the targets."
  fi
  find_boot_loader
  [ -n "$boot_loader_files" ] ||
    finish unsupported 'No configuration of GRUB was found: this system boots by something else.' 'Leave this instance out of the targets.'
  case $packager in
    apt-get) needed='apt-get dpkg-query debconf-set-selections' ;;
    *) needed="$packager rpm" ;;
  esac
  [ -z "$grub_configurations" ] || needed="$needed $mkconfig"
  case $init in
    systemd) needed="$needed systemctl" ;;
    sysv) needed="$needed service chkconfig" ;;
  esac
  for command in $needed awk cmp df; do
    has "$command" || finish unsupported "The command '$command' is missing." "Install the package that has $command."
  done
}

# Hardening baselines set kernel.kexec_load_disabled=1, which nothing takes back before a reboot. Set after the crash kernel was
# loaded it is harmless: what is loaded stays loaded.
refuse_hardened_kernel() {
  if kexec_is_disabled && ! crash_kernel_is_loaded; then
    finish blocked-by-hardening 'kernel.kexec_load_disabled is 1: no crash kernel can be loaded until the next boot. Nothing was changed.' \
      'Remove kernel.kexec_load_disabled=1 from /etc/sysctl.d (or load kdump before it is set), then reboot.'
  fi
}

# In the capture kernel every change would be lost or do harm.
refuse_capture_kernel() {
  [ ! -e /proc/vmcore ] ||
    finish failed 'This is the capture kernel, which is saving a dump. Nothing was changed.' 'Nothing to do; the next run follows the reboot.'
}
