# shellcheck shell=sh
# What the kdump service does when it dumps: the dump options in the words of each distribution's kdump.

want() {
  settings="$settings$1 $2
"
}

# want_reboot NAME VALUE: where the file has another thing. A shell on a console that nobody watches is the end of the machine; what saves the
# dump elsewhere and reboots stays (kdump.conf(5), also that of EL6). Of carriage returns there is a note already.
want_reboot() {
  read_setting "$1"
  case $value in
    dump_to_rootfs | mount_root_run_init) return 0 ;;
    '' | "$2" | true | 1 | *"$(printf '\r')") ;;
    *) note "$settings_file had '$1 $value', which is '$2' now." ;;
  esac
  want "?$1" "$2"
}

# can_compress_by COMPRESSOR: what makedumpfile was built without is found out now, not in the crash.
can_compress_by() {
  # shellcheck disable=SC2046
  case " $(tool makedumpfile -v 2>&1 | tr -s ' \t\n' ' ') " in
    *" $1 enabled"*) ;;
    *) return 1 ;;
  esac
}

# compressor: makedumpfile's letter for it, in $letter. Unasked it is zstd: as small as zlib in a fraction of the time.
choose_compressor() {
  compressor=${COMPRESSION:-zstd} letter=-c
  [ -z "${copies_all:-}" ] || return 0
  case $compressor in
    lzo | snappy | zstd)
      if ! can_compress_by "$compressor"; then
        [ -z "$COMPRESSION" ] || note "makedumpfile of this system cannot compress by $compressor; zlib is taken."
        compressor=zlib
      fi
      ;;
  esac
  case $compressor in
    lzo) letter=-l ;;
    snappy) letter=-p ;;
    zstd) letter=-z ;;
    *) letter=-c ;;
  esac
}

# Unasked, the arguments are set where they are kdump-tools' own (kdump-config) and there is something better, or where this program has
# set them before. What somebody else wrote there stays.
may_set_arguments() {
  read_setting MAKEDUMP_ARGS
  case $value in
    '' | '-c -d 31') [ "$compressor" != zstd ] || return 0 ;;
  esac
  grep -qsxF "setting MAKEDUMP_ARGS $value" "$APPLIED_FILE" "$APPLIED_FILE.old"
}

want_debian_settings() {
  want USE_KDUMP 1
  want KDUMP_COREDIR "$DUMP_PATH"
  want_reboot KDUMP_FAIL_CMD 'reboot -f'
  [ -z "$DUMPS_TO_KEEP" ] || want KDUMP_NUM_DUMPS "$DUMPS_TO_KEEP"
  if [ -n "${copies_all:-}" ]; then
    [ -z "$COMPRESSION$DUMP_LEVEL" ] || note 'A copy of all of the memory has no dumpLevel and no compression.'
  elif [ -n "$COMPRESSION$DUMP_LEVEL" ] || may_set_arguments; then
    want MAKEDUMP_ARGS "$letter -d ${DUMP_LEVEL:-31}"
  fi
  [ "$AFTER_DUMP" = reboot ] || note "kdump-tools always reboots after a dump; '$AFTER_DUMP' is not possible."
}

# knows OPTION: kdump refuses to start on an option that it does not know. kdumpctl is a script, which names all that it does.
knows() {
  grep -qs "$1" "$(command -v kdumpctl)" /usr/lib/kdump/kdump-lib.sh
}

want_kdump_conf() {
  want path "$DUMP_PATH"
  [ -z "$COMPRESSION$DUMP_LEVEL" ] || want core_collector "makedumpfile $letter --message-level 7 -d ${DUMP_LEVEL:-31}"
  want_reboot default reboot
  want_reboot failure_action reboot
  # An upgrade of the package would put the distribution's value in place of ours.
  ! knows auto_reset_crashkernel || want auto_reset_crashkernel no
  if [ "$AFTER_DUMP" = reboot ]; then
    want_reboot final_action reboot
  elif knows final_action; then
    want final_action "$AFTER_DUMP"
  else
    note "kdump of this system always reboots after a dump; '$AFTER_DUMP' is not possible."
  fi
  [ -z "$DUMPS_TO_KEEP" ] || note 'kdump of this system deletes no old dumps; dumpsToKeep is not possible.'
  while read -r option value || [ -n "$option" ]; do
    case $option in
      nfs | ssh | raw | dracut_args | ext[234] | xfs | btrfs | minix | virtiofs) note "kdump.conf has '$option $value': the dump may go to another place than $DUMP_PATH." ;;
    esac
  done < "$settings_file"
}

# KDUMP_KEEP_OLD_DUMPS counts those beside the new one, and 0 keeps all. -1, for none, is no longer known to kdump 2, which keeps all then.
want_suse_settings() {
  want KDUMP_SAVEDIR "$DUMP_PATH"
  want_reboot KDUMP_IMMEDIATE_REBOOT yes
  [ -z "$DUMP_LEVEL" ] || want KDUMP_DUMPLEVEL "$DUMP_LEVEL"
  case ${COMPRESSION:+$compressor} in
    '') ;;
    zlib) want KDUMP_DUMPFORMAT compressed ;;
    *) want KDUMP_DUMPFORMAT "$compressor" ;;
  esac
  if [ "$DUMPS_TO_KEEP" = 1 ]; then
    note 'kdump of this system keeps at least one old dump beside a new one; dumpsToKeep is 2.'
    want KDUMP_KEEP_OLD_DUMPS 1
  elif [ -n "$DUMPS_TO_KEEP" ]; then
    want KDUMP_KEEP_OLD_DUMPS $((DUMPS_TO_KEEP - 1))
  fi
  # kdump 2 compares this with the command line at every boot and changes the boot loader by itself when they differ.
  want '?KDUMP_CRASHKERNEL' "${words# }"
  [ "$AFTER_DUMP" = reboot ] || note "kdump of this system always reboots after a dump; '$AFTER_DUMP' is not possible."
}

# find_forgotten: what a run before has set and nobody asks for any more, in $forgotten.
find_forgotten() {
  forgotten=
  for file in "$APPLIED_FILE" "$APPLIED_FILE.old"; do
    [ -f "$file" ] || continue
    while read -r key name value; do
      [ "$key" = setting ] || continue
      case $NEWLINE$settings in *"$NEWLINE${name#\?} "* | *"$NEWLINE?${name#\?} "*) continue ;; esac
      forgotten="$forgotten$name $value$NEWLINE"
    done < "$file"
  done
}

decide_settings() {
  [ -f "$settings_file" ] || fail "$settings_file does not exist, although the package is installed." 'Reinstall the package.'
  ! grep -q "$(printf '\r')\$" "$settings_file" || note "$settings_file has carriage returns at the ends of lines, by which kdump may not start."
  settings=
  choose_compressor
  case $family in
    debian) want_debian_settings ;;
    suse) want_suse_settings ;;
    *) want_kdump_conf ;;
  esac
  find_forgotten
}

# Settings count from the next load of the crash kernel. The note is written before the change, so that a run that is killed in
# between leaves it to the next one; a boot loads anew by itself.
RELOAD_NOTE=$STATE_DIRECTORY/reload-pending

print_boot_id() {
  printf '%s\n' "$boot_id"
}

reload_is_pending() {
  first_line "$RELOAD_NOTE"
  [ -n "$line" ] && [ "$line" = "$boot_id" ]
}

# edit_loaded_settings FILE EDITOR
edit_loaded_settings() {
  ! is_already "$1" "$2" "$1" || return 0
  if crash_kernel_is_loaded; then
    put_file "$RELOAD_NOTE" print_boot_id
  fi
  edit_file "$1" "$2"
}

# forget_settings: a setting that is asked for no more is what it was before it was asked for.
forget_settings() {
  file=$(readlink -f "$settings_file")
  backup_of "$file"
  [ -n "$forgotten" ] && [ -f "$backup" ] || return 0
  wanted=$settings settings=$forgotten
  edit_loaded_settings "$file" undo_settings
  settings=$wanted
}

# Graviton: an initrd of an older kexec-tools hangs in the capture kernel with irqpoll, which newer ones leave out.
ARM_SETTINGS_FILE=/etc/sysconfig/kdump

print_without_irqpoll() {
  sed '/^KDUMP_COMMANDLINE_APPEND=/s/\([" ]\)irqpoll \{0,1\}/\1/' "$1"
}

configure_kdump() {
  if [ ! -d "$DUMP_PATH" ]; then
    record directory "$DUMP_PATH" none
    # A dump holds the memory of the machine: nobody but root reads it.
    # shellcheck disable=SC2174
    mkdir -p -m 0700 "$DUMP_PATH" || fail "The directory $DUMP_PATH for the dumps could not be made." 'See standard error, or take another path.'
  fi
  forget_settings
  edit_loaded_settings "$settings_file" print_with_settings
  if [ "$arch" = aarch64 ] && [ "$settings_file" = /etc/kdump.conf ] && [ -f "$ARM_SETTINGS_FILE" ]; then
    edit_loaded_settings "$ARM_SETTINGS_FILE" print_without_irqpoll
  fi
  enable_service
}
