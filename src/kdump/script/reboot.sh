# shellcheck shell=sh
# Asking for a reboot: by exit code 194 where the policy allows it, and never twice for the same value.

# One line for every reboot that was asked for. It is never shortened: two associations that want different values for one machine
# would otherwise reboot it in turn for ever.
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
      'See by which entry GRUB boots (GRUB_DEFAULT, /boot), and whether another association wants another value.'
  fi
  if package_manager_is_busy; then
    finish reboot-required "$2 It was put off, because the package manager is at work." 'Nothing to do; the next run tries again.'
  fi
  put_file "$REBOOTS_FILE" print_reboots "$1"
  finish reboot-required "$2 The agent is asked to reboot." 'Nothing to do.' 194
}
