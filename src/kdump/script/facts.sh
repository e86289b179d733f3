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
  while IFS='=' read -r key value || [ -n "$key" ]; do
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
