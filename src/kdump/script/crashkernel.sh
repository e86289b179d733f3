# shellcheck shell=sh
# Which crashkernel= is wanted, and which one counts.

# effective_crashkernel WORD...: what the kernel takes from these words of a command line, in $crashkernel. The last plain value
# wins; without one, the last ",high" and the last ",low" together (kernel/crash_reserve.c).
effective_crashkernel() {
  crashkernel_plain='' crashkernel_high='' crashkernel_low=''
  for word in "$@"; do
    case $word in
      crashkernel=*,high) crashkernel_high=${word#crashkernel=} ;;
      crashkernel=*,low) crashkernel_low=${word#crashkernel=} ;;
      crashkernel=*,cma) ;;
      crashkernel=*) crashkernel_plain=${word#crashkernel=} ;;
    esac
  done
  crashkernel=$crashkernel_plain
  if [ -z "$crashkernel" ]; then
    crashkernel="$crashkernel_high${crashkernel_low:+ $crashkernel_low}"
  fi
}

# The package kdump-tools ships the distribution's table as an assignment in a file of its own.
read_distribution_crashkernel() {
  crashkernel=
  [ -r /etc/default/grub.d/kdump-tools.cfg ] || return 0
  words=
  while IFS= read -r line; do
    case $line in '#'*) ;; *) words="$words $line" ;; esac
  done < /etc/default/grub.d/kdump-tools.cfg
  # shellcheck disable=SC2046
  effective_crashkernel $(printf '%s' "$words" | tr "\"'" '  ')
  # It goes into a file that a shell reads: nothing but a value of the kernel's grammar may pass.
  case $crashkernel in *[!0-9KMGTkmgt:,@\ -]*) crashkernel= ;; esac
}

# The kernel rounds the memory up to the next 128 MiB before it looks into a table: a 1 GiB instance is in the "1G-" range.
decide_crashkernel() {
  crashkernel_wanted=$CRASHKERNEL
  [ "$CRASHKERNEL" = auto ] || return 0
  case $family in
    # The EC2 User Guide said 160M in 2019 and says 256M now.
    amazon2) crashkernel_wanted=512M-1G:160M,1G-:256M ;;
    debian)
      read_distribution_crashkernel
      case $crashkernel in
        # Debian 11 and 12 on amd64: too small for the capture kernel and initramfs of a cloud kernel.
        384M-:128M) crashkernel_wanted=512M-1G:192M,1G-:256M ;;
        # Some releases leave the table out on small machines.
        '') case $arch in
          aarch64) crashkernel_wanted=1G-4G:256M,4G-64G:320M,64G-:576M ;;
          *) crashkernel_wanted=512M-1G:192M,1G-:256M ;;
        esac ;;
        *) crashkernel_wanted=$crashkernel ;;
      esac
      ;;
  esac
}
