# shellcheck shell=sh
# The short way: a machine that was found armed, and on which nothing has been touched since, is armed. What decides is read anew
# every time; for the files it is enough that none is as young as the stamp of the run that looked into them.

RUN_DIRECTORY=/var/run/cdk-diagnostic-interrupt
STAMP_FILE=$RUN_DIRECTORY/converged

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
  while IFS= read -r line; do
    [ -z "$line" ] || printf 'note %s\n' "$line"
  done <<NOTES
$notes
NOTES
  # shellcheck disable=SC2046,SC2086
  watch /etc/default/grub "$GRUB_SETTINGS_FILE" /etc/kernel/cmdline "$SYSCTL_FILE" "$OLD_SYSCTL_FILE" "$settings_file" \
    $grub_configurations $legacy_configuration $(command -v kdump-config kdumpctl kdumptool makedumpfile)
  [ -z "$boot_entries" ] || with_boot_entries watch
  [ -z "$boot_entries" ] || watch "$(readlink -f /boot/grub2/grubenv)"
  find_inventory_file
  watch "$inventory_file"
  watch_service
}

# A contradiction is looked for every time, so there is no short way past it.
leave_stamp() {
  [ -z "$contradictions" ] || return 0
  write_file "$STAMP_FILE" print_stamp || printf '%s\n' "$STAMP_FILE could not be written; the next run takes the long way." >&2
}

stamp_is_valid() {
  [ -r "$STAMP_FILE" ] || return 1
  while read -r key value; do
    case $key in
      program) [ "$value" = "$PROGRAM_ID" ] || return 1 ;;
      boot) [ "$value" = "$boot_id" ] || return 1 ;;
      wanted) [ "$value" = "$crashkernel_seen" ] || return 1 ;;
      watch) [ -e "$value" ] && [ "$STAMP_FILE" -nt "$value" ] || return 1 ;;
      arch) arch=$value ;;
      note) note "$value" ;;
    esac
  done < "$STAMP_FILE"
  crashkernel_wanted=$crashkernel_seen
}

finish_if_converged() {
  if crash_kernel_is_loaded && kernel_settings_are_live && read_kernel && stamp_is_valid; then
    read_os_release
    inventory_is_written=yes
    refuse_low_disk
    finish_armed
  fi
  notes=
}
