# shellcheck shell=sh
# CrashKernel.auto(): the distribution's own value or table, raised where it is known to be too small. The vendor's tool is asked
# where there is one; what it says is taken only when it has the kernel's grammar, since it goes into files that shells read.
#
# The kernel rounds the memory up to the next 128 MiB before it looks into a table: a 1 GiB instance is in the range "1G-".

# is_crashkernel VALUE: one plain value, or one for the high memory and perhaps one for the low.
is_crashkernel() {
  [ -n "$1" ] || return 1
  for value in $1; do
    value=${value%,high}
    case ${value%,low} in
      [!0-9]* | *[!0-9KMGTkmgt:,@-]*) return 1 ;;
    esac
  done
}

# The table of RHEL 9 (kdump-utils, kdump-lib.sh), which serves every kernel from EL7 on: those of Oracle never knew the word "auto",
# and the others have lost it since.
enterprise_table() {
  case $arch in
    aarch64) crashkernel=1G-4G:256M,4G-64G:320M,64G-:576M ;;
    *) crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M ;;
  esac
}

# kdumpctl knows the table of its own release since EL9.
kdumpctl_crashkernel() {
  crashkernel=$(tool kdumpctl get-default-crashkernel)
  is_crashkernel "$crashkernel" || enterprise_table
}

# own_reservation: by which crashkernel= the machine reserved memory before this program came, in $crashkernel; empty without any. A
# record that names another value than that of the first boot is one of ours.
own_reservation() {
  crashkernel=
  if ! recorded crashkernel before; then
    ! memory_is_reserved || crashkernel=$crashkernel_seen
  else
    before=$record
    ! recorded crashkernel reserving || [ "$record" != "$before" ] || crashkernel=$record
  fi
}

# An image that reserves memory needs no other value, and no reboot: Oracle's reserve more for their own kernel than kdumpctl says, and
# Red Hat's kernels up to EL8 know the value "auto".
image_crashkernel() {
  own_reservation
  [ "$crashkernel" = auto ] || is_crashkernel "$crashkernel"
}

# The package kdump-tools ships the distribution's table as an assignment in a file of its own.
debian_crashkernel() {
  words=
  if [ -r /etc/default/grub.d/kdump-tools.cfg ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in '#'*) ;; *) words="$words $line" ;; esac
    done < /etc/default/grub.d/kdump-tools.cfg
  fi
  # shellcheck disable=SC2046
  effective_crashkernel $(printf '%s' "$words" | tr "\"'" '  ')
  is_crashkernel "$crashkernel" || crashkernel=
  case $crashkernel in
    # Debian 11 and 12 on amd64: too small for the capture kernel and initramfs of a cloud kernel.
    384M-:128M) crashkernel=512M-1G:192M,1G-:256M ;;
    # Some releases leave the table out on small machines.
    '') case $arch in
      aarch64) crashkernel=1G-4G:256M,4G-64G:320M,64G-:576M ;;
      *) crashkernel=512M-1G:192M,1G-:256M ;;
    esac ;;
  esac
}

# kdumptool works the size out from this machine's memory, kernel and devices, so it may say another thing tomorrow. It is asked once,
# and again when the machine has another size: a value that wanders would want reboots.
CALIBRATION_FILE=$STATE_DIRECTORY/calibration

print_calibration() {
  printf '%s\n' "$memory_kib $crashkernel"
}

suse_crashkernel() {
  read_memory
  if [ -r "$CALIBRATION_FILE" ]; then
    read -r calibrated_kib crashkernel < "$CALIBRATION_FILE" || calibrated_kib=
    case $calibrated_kib in 0* | *[!0-9]*) calibrated_kib= ;; esac
    if [ -n "$calibrated_kib" ] && is_crashkernel "$crashkernel" &&
      [ "$memory_kib" -lt $((calibrated_kib * 5 / 4)) ] && [ "$memory_kib" -gt $((calibrated_kib * 3 / 4)) ]; then
      return 0
    fi
  fi
  calibrate
  put_file "$CALIBRATION_FILE" print_calibration
}

# "Low: 72", "High: 143" and more such lines, in MiB. High is 0 but on x86, where a Low of 0 means the kernel's default.
calibrate() {
  low='' high=''
  calibration=$(tool kdumptool calibrate) || calibration=
  while read -r key value _; do
    case $key in
      Low:) low=$value ;;
      High:) high=$value ;;
    esac
  done <<CALIBRATION
$calibration
CALIBRATION
  case $low:$high in
    *[!0-9:]* | :* | *: | 0:0)
      fail 'kdumptool calibrate named no size for the crash kernel.' 'See standard error, or give the size (CrashKernel.size).'
      ;;
    *:0) crashkernel=${low}M ;;
    0:*) crashkernel="${high}M,high" ;;
    *) crashkernel="${high}M,high ${low}M,low" ;;
  esac
}

decide_crashkernel() {
  crashkernel=$CRASHKERNEL
  if [ "$CRASHKERNEL" = auto ]; then
    case $family:$release in
      debian:*) debian_crashkernel ;;
      # The EC2 User Guide said 160M in 2019 and says 256M now. The kernel of Amazon Linux 1 is small.
      amazon:2018) crashkernel=160M ;;
      amazon:2) crashkernel=512M-1G:160M,1G-:256M ;;
      suse:*) suse_crashkernel ;;
      enterprise:[78]) image_crashkernel || enterprise_table ;;
      *) image_crashkernel || kdumpctl_crashkernel ;;
    esac
  fi
  crashkernel_wanted=$crashkernel
}
