# shellcheck shell=sh
# Putting back what this program changed. A file that is just as the program left it becomes its backup again; in any other only what
# the program had set is undone, and what others changed since stays. Packages stay as well.

# print_undone EDITOR UNDO FILE: what FILE becomes. Without a backup it was never changed, but for an entry of a newer kernel.
print_undone() {
  backup_of "$3"
  if [ -e "$backup" ] && "$1" "$backup" | cmp -s - "$3"; then
    cat "$backup"
  else
    "$2" "$3"
  fi
}

# undo_words FILE FIRST-WORD: in lines that begin with FIRST-WORD (any line without it) our crashkernel= makes room for the earlier one.
undo_words() {
  awk -v first="${2:-}" -v ours="$crashkernel_wanted" -v words="$words_before" "$CRASHKERNEL_AWK"'
    (first == "" || $1 == first) && counting(" " $0) == ours { print substr(with_words(" " $0), 2); next }
    { print }' "$1"
}

undo_option_words() {
  undo_words "$1" options
}

undo_kernel_words() {
  undo_words "$1" kernel
}

undone_boot_entry() {
  print_undone print_boot_entry undo_option_words "$1"
}

undone_legacy_configuration() {
  print_undone print_legacy_configuration undo_kernel_words "$1"
}

undone_kernel_command_line() {
  print_undone print_kernel_command_line undo_words "$1"
}

# Tools of the distribution read the settings with our block and may have written our words into a line of theirs.
undo_grub_block() {
  backup_of "$1"
  if [ -e "$backup" ] && grep -qF "${words# }" "$backup"; then
    print_without_block "$1"
  else
    print_without_block "$1" | awk -v ours="$words" '{
      while (at = index($0, ours)) $0 = substr($0, 1, at - 1) substr($0, at + length(ours))
      print
    }'
  fi
}

undone_grub_settings() {
  print_undone print_with_grub_block undo_grub_block "$1"
}

undone_sysctl() {
  print_undone print_with_sysctl_block print_without_block "$1"
}

undo_settings() {
  backup_of "$1"
  print_without_settings "$1" "$backup"
}

undone_settings() {
  backup_of "$1"
  if [ -e "$backup" ]; then
    print_undone print_with_settings undo_settings "$1"
  else
    cat "$1"
  fi
}

undone_arm_settings() {
  print_undone print_without_irqpoll cat "$1"
}

# undo_edit FILE PRODUCER. A file that was not there before goes when nothing of others is in it; one that was empty is empty again.
undo_edit() {
  undone=$(readlink -f "$1") || undone=$1
  [ -s "$undone" ] && [ -f "$undone" ] || return 0
  backup_of "$undone"
  if [ -s "$backup" ] || ! rest=$("$2" "$undone") || [ -n "$rest" ]; then
    put_file "$undone" "$2" "$undone"
  elif [ -e "$backup" ]; then
    if ! begin_beside "$undone" || ! commit_beside "$undone"; then
      fail "$undone could not be emptied." 'See standard error: a full or read-only file system is the usual reason.'
    fi
    note_change "$undone"
  else
    remove_file "$undone"
  fi
}

revert_kernelopts() {
  find_kernelopts
  backup_of "$environment"
  [ -n "$kernelopts" ] && [ -e "$backup" ] || return 0
  live=$kernelopts
  read_kernelopts "$backup"
  if [ "$(print_kernelopts)" = "$live" ]; then
    earlier=$kernelopts_set
  else
    earlier=$(printf '%s\n' " $live" | undo_words -)
  fi
  kernelopts=$live
  set_kernelopts "${earlier# }"
}

revert_boot_loader() {
  if [ -n "$boot_entries" ]; then
    # The entries as this program made them take over what the variable holds, or not; the variable is changed after them.
    find_kernelopts
    with_boot_entries edit_boot_files undone_boot_entry
    revert_kernelopts
  fi
  if [ -n "$legacy_configuration" ]; then
    edit_boot_files undone_legacy_configuration "$legacy_configuration"
    return
  fi
  remove_file "$GRUB_SETTINGS_FILE"
  [ "$family" = debian ] || undo_edit /etc/default/grub undone_grub_settings
  undo_edit /etc/kernel/cmdline undone_kernel_command_line
  boots_any='any kernel'
  for configuration in $grub_configurations; do
    regenerate_grub_configuration "$configuration"
  done
}

revert_sysctl() {
  remove_file "$SYSCTL_FILE"
  remove_file "$capture_file"
  ! recorded directory "${capture_file%/*}" || rmdir "${capture_file%/*}" 2> /dev/null
  [ "$init" = systemd ] || undo_edit "$OLD_SYSCTL_FILE" undone_sysctl
  for setting in "unknown_nmi_panic 1" "panic $PANIC_TIMEOUT"; do
    recorded sysctl "${setting% *}" || continue
    live_value "${setting% *}"
    [ "$line" != "${setting#* }" ] || set_live "${setting% *}" "$record"
  done
}

revert_kdump() {
  settings_changed=
  for file in "$settings_file" "$ARM_SETTINGS_FILE"; do
    backup_of "$file"
    [ ! -e "$backup" ] || settings_changed=yes
  done
  undo_edit "$settings_file" undone_settings
  [ "$settings_file" = "$ARM_SETTINGS_FILE" ] || undo_edit "$ARM_SETTINGS_FILE" undone_arm_settings
  if recorded service "$service"; then
    switch_service off || fail "The service $service could not be disabled." 'See standard error.'
    service_verb stop
    note_change "service $service disabled"
  elif [ -n "$settings_changed" ] && crash_kernel_is_loaded && ! kexec_is_disabled; then
    serve restart
  fi
  ! recorded directory "$DUMP_PATH" || rmdir "$DUMP_PATH" 2> /dev/null
}

revert() {
  if [ -d "$STATE_DIRECTORY" ]; then
    recorded crashkernel before
    crashkernel_words "$record"
    words_before=$words
    for APPLIED_FILE in "$APPLIED_FILE" "$APPLIED_FILE.old"; do
      read_applied
      crashkernel_words "$crashkernel_wanted"
      revert_boot_loader
      revert_sysctl
      revert_kdump
      [ -e "$APPLIED_FILE.old" ] || break
    done
    rm -rf "$STATE_DIRECTORY" "$RUN_DIRECTORY/converged"
  fi
  finish reverted 'Nothing of this program is left but the packages that it installed.' \
    'Reserved memory is given back by the next boot. Remove the association, and the packages if nobody needs them.'
}
