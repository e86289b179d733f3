# shellcheck shell=sh
# Facts about this machine, read without starting a process where possible: the program runs every half hour.

# first_line FILE: its first line in $line, empty when there is none.
first_line() {
  line=
  if [ -r "$1" ]; then
    IFS= read -r line < "$1" || :
  fi
}

# tool COMMAND [ARGUMENT...]: runs another program without our descriptors (a daemon that it starts would keep them open) and with
# no input.
tool() {
  "$@" < /dev/null 8>&- 9>&-
}

has() {
  command -v "$1" > /dev/null 2>&1
}

# os-release is meant to be sourced; it is read instead, so that nothing in it is carried out.
read_os_release() {
  os_id='' os_like='' os_version=''
  [ -r /etc/os-release ] || return 0
  while IFS='=' read -r key value; do
    case $value in
      \"*\") value=${value#\"} value=${value%\"} ;;
      \'*\') value=${value#\'} value=${value%\'} ;;
    esac
    case $key in
      ID) os_id=$value ;;
      ID_LIKE) os_like=$value ;;
      VERSION_ID) os_version=$value ;;
    esac
  done < /etc/os-release
}

detect_system() {
  read_os_release
  arch=$(uname -m)
  first_line /proc/sys/kernel/osrelease
  kernel=$line
  first_line /proc/sys/kernel/random/boot_id
  boot_id=$line
  first_line /proc/cmdline
  # Splitting is wanted, and `set -f` is in force.
  # shellcheck disable=SC2086
  effective_crashkernel $line
  crashkernel_seen=$crashkernel

  family=
  case $os_id in
    debian | ubuntu) family=debian ;;
    amzn) case $os_version in 2) family=amazon2 ;; esac ;;
    *) case " $os_like " in *' debian '* | *' ubuntu '*) family=debian ;; esac ;;
  esac
  case $family in
    debian) service=kdump-tools mkconfig=grub-mkconfig script_check=grub-script-check ;;
    amazon2) service=kdump mkconfig=grub2-mkconfig script_check=grub2-script-check ;;
  esac
}

crash_kernel_is_loaded() {
  first_line /sys/kernel/kexec_crash_loaded
  [ "$line" = 1 ]
}

memory_is_reserved() {
  first_line /sys/kernel/kexec_crash_size
  [ "${line:-0}" != 0 ]
}

kexec_is_disabled() {
  first_line /proc/sys/kernel/kexec_load_disabled
  [ "$line" = 1 ]
}

# Everything that the later steps rely on, before the first change.
refuse_unsupported_system() {
  [ -n "$family" ] ||
    finish unsupported "The operating system '${os_id:-unknown} $os_version' is not supported." \
      'Supported: the Debian/Ubuntu family and Amazon Linux 2. Leave this instance out of the targets of the association.'
  [ -e /sys/kernel/kexec_crash_size ] ||
    finish unsupported 'This kernel has no /sys/kernel/kexec_crash_size: it is built without kexec, or this is a container.' \
      "Boot one of the distribution's own kernels."
  find_grub_configurations
  [ -n "$grub_configurations" ] ||
    finish unsupported 'No grub.cfg was found: this system does not boot by GRUB 2.' 'Leave this instance out of the targets.'
  case $family in
    debian) needed='apt-get dpkg-query debconf-set-selections' ;;
    amazon2) needed='yum rpm' ;;
  esac
  for command in $needed "$mkconfig" systemctl awk cmp; do
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
