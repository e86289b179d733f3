# shellcheck shell=sh
# The stamp that the short way goes by: what was looked into, and found as it should be.

# watch PATH...: those that exist, and their directories, which tell when another file takes a place.
watch() {
  for path in "$@"; do
    [ -e "$path" ] || continue
    printf 'watch %s\n' "$path"
    printf 'watch %s\n' "${path%/*}"
  done
}

# What the service manager reads at boot: the links that an enabled service has.
watch_service() {
  set +f
  for path in /etc/systemd/system/*.wants/"$service".service /etc/rc3.d/S*"$service"; do
    [ ! -L "$path" ] || printf 'watch %s\n' "$path" "${path%/*}"
  done
  set -f
}

print_stamp() {
  printf '%s\n' "program $PROGRAM_ID" "boot $boot_id" "arch $arch" "wanted $crashkernel_wanted"
  [ -z "${copies_all:-}" ] || printf '%s\n' 'copies yes'
  while IFS= read -r line; do
    [ -z "$line" ] || printf 'note %s\n' "$line"
  done <<NOTES
$notes
NOTES
  for path in kdump-config kdumpctl kdumptool makedumpfile; do
    path=$(command -v "$path") && printf 'watch %s\n' "$path"
  done
  # shellcheck disable=SC2086
  watch /etc/default/grub "$GRUB_SETTINGS_FILE" /etc/kernel/cmdline "$SYSCTL_FILE" "$OLD_SYSCTL_FILE" "$capture_file" "$settings_file" \
    $grub_configurations $legacy_configuration
  [ -z "$boot_entries" ] || with_boot_entries watch
  [ -z "$boot_entries" ] || watch "$(readlink -f /boot/grub2/grubenv)"
  find_inventory_file
  watch "$inventory_file"
  watch_service
  printf 'end\n'
}

# A contradiction is looked for every time, so there is no short way past it.
leave_stamp() {
  [ -z "$contradictions" ] || return 0
  write_file "$STAMP_FILE" print_stamp || printf '%s\n' "$STAMP_FILE could not be written; the next run takes the long way." >&2
}
