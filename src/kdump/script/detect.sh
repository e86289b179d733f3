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

# read_kernel: what is booted, and by which crashkernel=.
read_kernel() {
  first_line /proc/sys/kernel/osrelease
  kernel=$line
  first_line /proc/sys/kernel/random/boot_id
  boot_id=$line
  first_line /proc/cmdline
  # Splitting is wanted, and `set -f` is in force.
  # shellcheck disable=SC2086
  effective_crashkernel $line
  crashkernel_seen=$crashkernel
}

# detect_family: by what the system says that it is, in the releases that the tests have. In doubt there is none.
detect_family() {
  family=
  release=${os_version%%.*}
  case $os_id in
    amzn) case $release in 2018 | 2 | 2023) family=amazon ;; esac ;;
    debian | ubuntu) family=debian ;;
    rhel | centos | rocky | almalinux | ol) family=enterprise ;;
    sles | sles_sap | opensuse-leap) family=suse ;;
    *) case " $os_like " in
      *' debian '* | *' ubuntu '*) family=debian ;;
      *' rhel '* | *' centos '*) family=enterprise ;;
    esac ;;
  esac
  case $family:$release in
    enterprise:[789] | enterprise:10) ;;
    enterprise:*) family= ;;
    suse:12 | suse:15 | suse:16) ;;
    suse:*) family= ;;
  esac
}

# detect_tools: the vendor's commands, packages and files. GRUB is called grub2 everywhere but on Debian, whose own reads
# /etc/default/grub.d as well.
detect_tools() {
  service=kdump mkconfig=grub2-mkconfig script_check=grub2-script-check editenv=grub2-editenv
  settings_file=/etc/kdump.conf settings_form=options packager=yum packages=kexec-tools init=systemd
  case $family:$release in
    debian:*)
      service=kdump-tools mkconfig=grub-mkconfig script_check=grub-script-check
      settings_file=/etc/default/kdump-tools settings_form=assignments
      packager=apt-get packages='kdump-tools makedumpfile'
      ;;
    suse:*) settings_file=/etc/sysconfig/kdump settings_form=assignments packager=zypper packages=kdump ;;
    amazon:2018) init=sysv ;;
    enterprise:10) packages='kdump-utils makedumpfile kexec-tools' ;;
  esac
  if [ "$packager" = yum ] && has dnf; then
    packager=dnf
  fi
}

detect_system() {
  read_os_release
  read_kernel
  arch=$(uname -m)
  detect_family
  detect_tools
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
