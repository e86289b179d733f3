# shellcheck shell=sh
# Kernel settings: an unknown NMI panics, and a panic without kdump ends in a reboot.

# Read by systemd-sysctl after 99-sysctl.conf, the link to /etc/sysctl.conf. Debian 13 reads no /etc/sysctl.conf at boot at all.
SYSCTL_FILE=/etc/sysctl.d/zz-cdk-diagnostic-interrupt.conf
# Amazon Linux 1 boots without systemd, and is only known to read this one.
OLD_SYSCTL_FILE=/etc/sysctl.conf
DRACUT_MODULES=/usr/lib/dracut/modules.d
# Seconds. With 0, the kernel's default, a panic while kdump is not armed hangs for ever.
PANIC_TIMEOUT=10

# Only x86 has the setting.
has_unknown_nmi_panic() {
  [ -e /proc/sys/kernel/unknown_nmi_panic ]
}

print_sysctl_settings() {
  if has_unknown_nmi_panic; then
    printf '%s\n' 'kernel.unknown_nmi_panic = 1'
  fi
  printf '%s\n' "kernel.panic = $PANIC_TIMEOUT"
}

print_sysctl_file() {
  printf '%s\n' '# Written by cdk-diagnostic-interrupt, which overwrites changes.'
  print_sysctl_settings
}

print_with_sysctl_block() {
  print_with_block "$1" print_sysctl_settings
}

# find_capture_file: what keeps a capture kernel from panicking, too, upon an NMI in the middle of its dump, in $capture_file. That of
# kdump-tools boots the system that it dumps. Its own /etc/kdump/sysctl.conf is no way out: kdump-tools 1.8.1 lets it be applied before
# everything else instead of after it. Elsewhere it has an initramfs, into which dracut takes /etc/sysctl.d along.
find_capture_file() {
  case $family in
    debian) capture_file=/etc/systemd/system/systemd-sysctl.service.d/cdk-diagnostic-interrupt.conf ;;
    *) capture_file=$DRACUT_MODULES/99cdk-diagnostic-interrupt/module-setup.sh ;;
  esac
}

print_capture_file() {
  printf '%s\n' '# Written by cdk-diagnostic-interrupt, which overwrites changes: an unknown NMI does not end the capture kernel.'
  case $family in
    debian) printf '%s\n' '[Service]' "ExecStartPost=-/bin/sh -c 'test ! -e /proc/vmcore || echo 0 > /proc/sys/kernel/unknown_nmi_panic'" ;;
    *) printf '%s\n' 'install() {' "  rm -f \"\$initdir$SYSCTL_FILE\"" '}' ;;
  esac
}

# live_value NAME: a number in $line. It takes one read(2): a number in /proc/sys ends after the first one (proc_dointvec), and dash
# reads byte by byte.
live_value() {
  line=$(cat "/proc/sys/kernel/$1")
}

# set_live NAME VALUE
set_live() {
  live_value "$1"
  [ "$line" != "$2" ] || return 0
  record sysctl "$1" "$line"
  printf '%s\n' "$2" > "/proc/sys/kernel/$1"
  live_value "$1"
  [ "$line" = "$2" ] || fail "kernel.$1 could not be set to $2; it is '$line'." 'See standard error.'
  note_change "kernel.$1=$2"
}

kernel_settings_are_live() {
  if has_unknown_nmi_panic; then
    first_line /proc/sys/kernel/unknown_nmi_panic
    [ "$line" = 1 ] || return 1
  fi
  live_value panic
  [ "$line" = "$PANIC_TIMEOUT" ]
}

# note_contradictions FILE: its assignments that are not ours. Blanks and "=" separate the words; the last line may have no end.
note_contradictions() {
  [ -f "$1" ] || return 0
  blanks=$(printf ' \t=\r')
  while IFS=$blanks read -r key value _ || [ -n "$key" ]; do
    # A leading "-" only says that a failure does not matter.
    key=${key#-}
    case $key in
      kernel.unknown_nmi_panic | kernel/unknown_nmi_panic) own=1 ;;
      kernel.panic | kernel/panic) own=$PANIC_TIMEOUT ;;
      *) continue ;;
    esac
    [ "$value" = "$own" ] || contradictions="$contradictions$1: $key = $value
"
  done < "$1"
}

# What is applied after our file: later names at boot, and /etc/sysctl.conf by `sysctl -p` and `sysctl --system`. Our block at the end of
# that is after everything.
find_contradictions() {
  [ "$init" = systemd ] || return 0
  after_ours=
  set +f
  for file in /etc/sysctl.d/*.conf; do
    case $file in
      "$SYSCTL_FILE") after_ours=yes ;;
      *) [ -z "$after_ours" ] || note_contradictions "$file" ;;
    esac
  done
  set -f
  note_contradictions "$OLD_SYSCTL_FILE"
}

# Newer kdump leaves the settings out of its initramfs by itself (remove_sysctl_conf). Without dracut, or with a /usr that cannot be written,
# there is nothing to be done.
spare_capture_kernel() {
  has_unknown_nmi_panic || return 0
  if [ "$family" != debian ]; then
    [ -w "$DRACUT_MODULES" ] && ! grep -qsF /etc/sysctl.d "$DRACUT_MODULES/99kdumpbase/module-setup.sh" || return 0
  fi
  [ -d "${capture_file%/*}" ] || record directory "${capture_file%/*}" none
  put_file "$capture_file" print_capture_file
}

# The kernel takes the values before a file asks for them at every boot.
configure_sysctl() {
  if has_unknown_nmi_panic; then
    set_live unknown_nmi_panic 1
  fi
  set_live panic "$PANIC_TIMEOUT"
  spare_capture_kernel
  if [ "$init" = systemd ]; then
    put_file "$SYSCTL_FILE" print_sysctl_file
  else
    edit_file "$OLD_SYSCTL_FILE" print_with_sysctl_block
  fi
  find_contradictions
}
