# shellcheck shell=sh
# What the kdump service does when it dumps.

# print_debian_settings FILE: only the two assignments that are ours change, and only the last of each, which is the one that counts
# for a shell and for systemd's EnvironmentFile alike.
print_debian_settings() {
  awk -v path="$DUMP_PATH" '
    function value_of(text) {
      sub(/^[^=]*=/, "", text)
      sub(/[ \t]+(#.*)?$/, "", text)
      if (text ~ /^".*"$/ || text ~ /^'"'.*'"'$/) text = substr(text, 2, length(text) - 2)
      return text
    }
    { lines[NR] = $0 }
    /^[ \t]*USE_KDUMP=/ { use = NR }
    /^[ \t]*KDUMP_COREDIR=/ { directory = NR }
    END {
      if (use && value_of(lines[use]) != "1") lines[use] = "USE_KDUMP=1"
      if (directory && value_of(lines[directory]) != path) lines[directory] = "KDUMP_COREDIR=\"" path "\""
      for (i = 1; i <= NR; i++) print lines[i]
      if (!use) print "USE_KDUMP=1"
      if (!directory) print "KDUMP_COREDIR=\"" path "\""
    }' "$1"
}

# print_kdump_conf FILE: kdump refuses to start on an option that it does not know, so nothing but the path is written.
print_kdump_conf() {
  awk -v path="$DUMP_PATH" '
    $1 != "path" { print; next }
    !written { written = 1; print ($2 == path && NF == 2) ? $0 : "path " path }
    END { if (!written) print "path " path }' "$1"
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

configure_kdump() {
  case $family in
    debian) settings_file=/etc/default/kdump-tools settings_editor=print_debian_settings ;;
    amazon2) settings_file=/etc/kdump.conf settings_editor=print_kdump_conf ;;
  esac
  [ -f "$settings_file" ] || fail "$settings_file does not exist, although the package is installed." 'Reinstall the package.'
  # A dump holds the memory of the machine: nobody but root reads it.
  # shellcheck disable=SC2174
  [ -d "$DUMP_PATH" ] || mkdir -p -m 0700 "$DUMP_PATH" ||
    fail "The directory $DUMP_PATH for the dumps could not be made." 'See standard error, or take another path.'
  if ! is_already "$settings_file" "$settings_editor" "$settings_file"; then
    if crash_kernel_is_loaded; then
      put_file "$RELOAD_NOTE" print_boot_id
    fi
    edit_file "$settings_file" "$settings_editor"
  fi
  if ! tool systemctl is-enabled --quiet "$service"; then
    tool systemctl enable "$service" || fail "The service $service could not be enabled." 'See standard error; is it masked?'
    note_change "service $service enabled"
  fi
}
