# shellcheck shell=sh
# The short way: a machine that was found armed, and on which nothing has been touched since, is armed. What decides is read anew
# every time; for the files it is enough that none is as young as the stamp of the run that looked into them. It ends the program
# before the shell has read the rest of it.

RUN_DIRECTORY=/var/run/cdk-diagnostic-interrupt
STAMP_FILE=$RUN_DIRECTORY/converged

# The entry of a process below /proc is as young as the process: a stamp that is younger was left before the clock was set back, and
# what was changed since then may look older.
stamp_is_valid() {
  complete=
  [ -f "$STAMP_FILE" ] && [ -r "$STAMP_FILE" ] && ! [ "$STAMP_FILE" -nt /proc/self ] || return 1
  while read -r key value; do
    case $key in
      program) [ "$value" = "$PROGRAM_ID" ] || return 1 ;;
      boot) [ "$value" = "$boot_id" ] || return 1 ;;
      wanted) [ "$value" = "$crashkernel_seen" ] || return 1 ;;
      watch) [ -e "$value" ] && [ "$STAMP_FILE" -nt "$value" ] || return 1 ;;
      arch) arch=$value ;;
      copies) copies_all=$value ;;
      note) note "$value" ;;
      end) complete=yes ;;
    esac
  done < "$STAMP_FILE"
  [ -n "$complete" ] || return 1
  crashkernel_wanted=$crashkernel_seen
}

finish_armed() {
  cause='The crash kernel is loaded.'
  has_unknown_nmi_panic || cause="$cause This architecture has no unknown NMIs, and EC2 sends it no diagnostic interrupt."
  finish armed "$cause" ''
}

finish_if_converged() {
  if crash_kernel_is_loaded && kernel_settings_are_live && read_kernel && stamp_is_valid && disk_suffices; then
    read_os_release
    short_way=yes
    finish_armed
  fi
  notes=
}

open_status
[ "$ACTION" = revert ] || finish_if_converged
