# shellcheck shell=sh
# Asking for a reboot: by exit code 194 where the policy allows it, and never twice for the same value.

# One line for every reboot that was asked for. It is never shortened: two associations that want different values for one machine
# would otherwise reboot it in turn for ever. A kernel that was installed meanwhile is another reason.
REBOOTS_FILE=$STATE_DIRECTORY/reboots

# was_asked_for REASON: the boot in which it was asked for, in $asked_in.
was_asked_for() {
  asked_in=
  [ -r "$REBOOTS_FILE" ] || return 1
  while read -r asked_boot asked_reason; do
    if [ "$asked_reason" = "$1" ]; then
      asked_in=$asked_boot
      return 0
    fi
  done < "$REBOOTS_FILE"
  return 1
}

# print_reboots REASON
print_reboots() {
  if [ -e "$REBOOTS_FILE" ]; then
    awk '{ print }' "$REBOOTS_FILE" || return 1
  fi
  printf '%s\n' "$boot_id $1"
}

# REBOOT_WINDOW: the days of the week (1 is Monday), the minute of the day at which it opens, and for how many minutes; in UTC. After
# midnight it is still the window of the day before.
window_is_open() {
  read -r days opens minutes <<WINDOW
$REBOOT_WINDOW
WINDOW
  read -r day hour minute <<NOW
$(date -u '+%u %H %M')
NOW
  # Without the leading zero, which would make the numbers octal.
  now=$((${hour#0} * 60 + ${minute#0}))
  yesterday=$(((day + 5) % 7 + 1))
  case $days in *"$day"*)
    if [ "$now" -ge "$opens" ] && [ "$now" -lt $((opens + minutes)) ]; then
      return 0
    fi
    ;;
  esac
  case $days in *"$yesterday"*) [ $((now + 1440)) -lt $((opens + minutes)) ] ;; *) return 1 ;; esac
}

# require_reboot REASON CAUSE
require_reboot() {
  if [ "$REBOOT_POLICY" = never ]; then
    finish reboot-required "$2" 'Reboot the instance when it suits you; the next run reports it as armed.'
  fi
  if was_asked_for "$1"; then
    if [ "$asked_in" = "$boot_id" ]; then
      finish reboot-required "$2 A reboot was asked for and has not happened yet." 'Reboot the instance.'
    fi
    finish reboot-required "$2 A reboot was asked for once already and it did not help; there will be no second one." \
      'Reboot the instance by hand. If that does not help, see by which entry GRUB boots (GRUB_DEFAULT, /boot), and whether another association wants another value.'
  fi
  if package_manager_is_busy; then
    finish reboot-required "$2 It was put off, because the package manager is at work." 'Nothing to do; the next run tries again.'
  fi
  if dump_is_being_saved; then
    finish reboot-required "$2 It was put off, because a dump is being saved." 'Nothing to do; the next run tries again.'
  fi
  if [ "$REBOOT_POLICY" = inWindow ] && ! window_is_open; then
    finish reboot-required "$2 It is put off until the window for reboots opens." 'Nothing to do; the first run in the window asks for it.'
  fi
  put_file "$REBOOTS_FILE" print_reboots "$1"
  finish reboot-required "$2 The agent is asked to reboot." 'Nothing to do.' 194
}
