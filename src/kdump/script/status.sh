# shellcheck shell=sh
# The outcome: one JSON line on standard output, and one exit code.
#
#   state                  exit code
#   armed                   0   a panic will be dumped
#   reboot-required        20   everything is configured and counts from the next boot
#                         194   the same, and the agent is asked to reboot and to run the program again
#   reserved-not-loaded    21   memory is reserved, but the crash kernel could not be loaded
#   blocked-by-hardening   22   kernel.kexec_load_disabled forbids to load a crash kernel
#   insufficient-memory    23   booted with the wanted crashkernel=, and the kernel reserved nothing
#   unsupported            24   this system is not one that the program knows; nothing was changed
#   failed                 25   a step could not be carried out; "cause" says which
#   low-disk               26   the crash kernel is loaded, but a dump may not fit on the disk
#   reverted               27   what this program had configured was put back
#
# 0 means armed and nothing else, because the association's status is taken for that. 194 is the agent's own code for "reboot,
# then run me again" and is given by require_reboot alone.

exit_code_of() {
  case $1 in
    armed) exit_code=0 ;;
    reboot-required) exit_code=20 ;;
    reserved-not-loaded) exit_code=21 ;;
    blocked-by-hardening) exit_code=22 ;;
    insufficient-memory) exit_code=23 ;;
    unsupported) exit_code=24 ;;
    low-disk) exit_code=26 ;;
    reverted) exit_code=27 ;;
    *) exit_code=25 ;;
  esac
}

# Everything but the status line goes to standard error: what a tool prints can never be taken for the status.
# Descriptor 9 is the agent's standard output.
open_status() {
  exec 9>&1 1>&2
  reported=
  changes=
  contradictions=
  notes=
  trap 'report_unexpected_end' EXIT
  trap 'fail "The program was interrupted by a signal." "Run it again; every step can be repeated."' HUP INT TERM
}

report_unexpected_end() {
  [ -n "$reported" ] || fail 'The program ended before it was done.' 'Read the standard error of this run.'
}

# The functions for JSON leave their text in $json: a command substitution would cost a process each time.

# json_string TEXT: a JSON string. Bytes beyond ASCII become "?", since nothing says that they are UTF-8.
json_string() {
  case $1 in
    *[!\ A-Za-z0-9.,:\;=_/@%+\(\)\'-]*)
      json=$(printf '%s' "$1" | awk '
        BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i; printf "\"" }
        NR > 1 { printf "\\n" }
        {
          for (i = 1; i <= length($0); i++) {
            c = substr($0, i, 1)
            if (c == "\"" || c == "\\") printf "\\%s", c
            else if (!(c in code) || code[c] > 126) printf "?"
            else if (code[c] < 32) printf "\\u%04x", code[c]
            else printf "%s", c
          }
        }
        END { printf "\"" }')
      ;;
    *) json="\"$1\"" ;;
  esac
}

# json_number TEXT: the number, or null.
json_number() {
  json=$1
  case $1 in '' | *[!0-9]*) json=null ;; esac
}

# json_lines TEXT: an array of its lines.
json_lines() {
  array=
  while IFS= read -r item; do
    [ -n "$item" ] || continue
    json_string "$item"
    array="$array${array:+,}$json"
  done <<LINES
$1
LINES
  json="[$array]"
}

# member NAME KIND TEXT: adds it to the object in $object.
member() {
  "json_$2" "$3"
  object="$object${object:+,}\"$1\":$json"
}

note_change() {
  changes="$changes$1
"
}

# What was asked for and this system cannot do, or what stands beside it.
note() {
  notes="$notes$1
"
}

print_status() {
  object=
  member program string cdk-diagnostic-interrupt
  member version string "$PROGRAM_VERSION"
  member state string "$1"
  member cause string "$2"
  member remedy string "$3"
  member os string "${os_id:-unknown} ${os_version:-}"
  member arch string "${arch:-}"
  member kernel string "${kernel:-}"
  member crashkernelWanted string "${crashkernel_wanted:-$CRASHKERNEL}"
  member crashkernelSeen string "${crashkernel_seen:-}"
  first_line /sys/kernel/kexec_crash_size
  member reservedBytes number "$line"
  first_line /proc/sys/kernel/unknown_nmi_panic
  member unknownNmiPanic number "$line"
  member freeBytes number "${free_bytes:-}"
  member neededBytes number "${needed_bytes:-}"
  member lastDump string "$last_dump"
  member changed lines "$changes"
  member notes lines "$notes"
  member contradictions lines "$contradictions"
  printf '{%s}\n' "$object"
}

# finish STATE CAUSE REMEDY [EXIT-CODE]: the end of every run.
finish() {
  reported=yes
  exit_code_of "$1"
  find_last_dump
  print_status "$1" "$2" "$3" >&9
  if [ -z "${short_way:-}" ]; then
    keep_inventory "$1" "$2"
    [ "$1" != armed ] || leave_stamp
  fi
  exit "${4:-$exit_code}"
}

fail() {
  finish failed "$1" "$2"
}
