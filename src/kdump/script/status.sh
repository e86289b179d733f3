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

# json_string TEXT: a JSON string. Bytes beyond ASCII become "?", since nothing says that they are UTF-8.
json_string() {
  case $1 in
    *[!\ A-Za-z0-9.,:\;=_/@%+\(\)\'-]*)
      printf '%s' "$1" | awk '
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
        END { printf "\"" }'
      ;;
    *) printf '"%s"' "$1" ;;
  esac
}

# json_number TEXT: the number, or null.
json_number() {
  case $1 in
    '' | *[!0-9]*) printf null ;;
    *) printf '%s' "$1" ;;
  esac
}

# json_lines TEXT: a JSON array of its lines.
json_lines() {
  separator=
  printf '['
  while IFS= read -r item; do
    [ -n "$item" ] || continue
    printf '%s' "$separator"
    json_string "$item"
    separator=,
  done <<LINES
$1
LINES
  printf ']'
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
  printf '{"program":"cdk-diagnostic-interrupt","version":%s' "$(json_string "$PROGRAM_VERSION")"
  printf ',"state":%s,"cause":%s,"remedy":%s' "$(json_string "$1")" "$(json_string "$2")" "$(json_string "$3")"
  printf ',"os":%s,"arch":%s' "$(json_string "${os_id:-unknown} ${os_version:-}")" "$(json_string "${arch:-}")"
  printf ',"kernel":%s' "$(json_string "${kernel:-}")"
  printf ',"crashkernelWanted":%s' "$(json_string "${crashkernel_wanted:-$CRASHKERNEL}")"
  printf ',"crashkernelSeen":%s' "$(json_string "${crashkernel_seen:-}")"
  first_line /sys/kernel/kexec_crash_size
  printf ',"reservedBytes":%s' "$(json_number "$line")"
  first_line /proc/sys/kernel/unknown_nmi_panic
  printf ',"unknownNmiPanic":%s' "$(json_number "$line")"
  printf ',"freeBytes":%s,"neededBytes":%s' "$(json_number "${free_bytes:-}")" "$(json_number "${needed_bytes:-}")"
  printf ',"lastDump":%s' "$(json_string "${last_dump:-}")"
  printf ',"changed":%s,"notes":%s' "$(json_lines "$changes")" "$(json_lines "$notes")"
  printf ',"contradictions":%s}\n' "$(json_lines "$contradictions")"
}

# finish STATE CAUSE REMEDY [EXIT-CODE]: the end of every run.
finish() {
  reported=yes
  exit_code_of "$1"
  find_last_dump
  print_status "$1" "$2" "$3" >&9
  case $1 in
    reverted) remove_inventory ;;
    *) [ -n "${inventory_is_written:-}" ] || write_inventory "$1" "$2" ;;
  esac
  [ -z "${converged:-}" ] || leave_stamp
  exit "${4:-$exit_code}"
}

fail() {
  finish failed "$1" "$2"
}
