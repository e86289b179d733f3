# shellcheck shell=sh
# What was there before this program, and what it has set: the memory that a revert works by.

# One line for each thing: "service kdump off", "sysctl panic 0", "crashkernel auto".
BEFORE_FILE=$STATE_DIRECTORY/before
# The settings of the last run that configured: "crashkernel 256M", "setting path /var/crash".
APPLIED_FILE=$STATE_DIRECTORY/applied

# recorded NAME...: the rest of the first line that begins with these words, in $record; fails without one.
recorded() {
  record=
  [ -r "$BEFORE_FILE" ] || return 1
  while IFS= read -r line; do
    case $line in
      "$* "*)
        record=${line#"$* "}
        return 0
        ;;
      "$*") return 0 ;;
    esac
  done < "$BEFORE_FILE"
  return 1
}

print_records() {
  if [ -e "$BEFORE_FILE" ]; then
    awk '{ print }' "$BEFORE_FILE" || return 1
  fi
  printf '%s\n' "$1"
}

# record KIND NAME VALUE: kept once and never replaced. It is written before the change that it is about.
record() {
  ! recorded "$1" "$2" || return 0
  write_file "$BEFORE_FILE" print_records "$*" ||
    fail "The state before could not be kept in $STATE_DIRECTORY." 'See standard error; is /var full?'
}

# What the kernel was booted with when this program first came, and, before that, whether memory was reserved by it: later, it is by us.
record_reservation() {
  ! recorded crashkernel before || return 0
  ! memory_is_reserved || record crashkernel reserving "$crashkernel_seen"
  record crashkernel before "$crashkernel_seen"
}

print_applied() {
  printf 'crashkernel %s\n' "$crashkernel_wanted"
  while read -r line; do
    [ -z "$line" ] || printf 'setting %s\n' "$line"
  done <<SETTINGS
$settings
SETTINGS
}

# Until all of it is applied, files may still say what a run before has set, of which the last that came to its end is kept.
record_applied() {
  is_already "$APPLIED_FILE" print_applied || [ ! -f "$APPLIED_FILE" ] || mv -nT "$APPLIED_FILE" "$APPLIED_FILE.old"
  put_file "$APPLIED_FILE" print_applied
}

# read_applied: into $crashkernel_wanted and $settings, whatever this run would want itself. Where nothing was applied no value is ours;
# where the file says nothing, ours is the one of this run.
read_applied() {
  settings='' crashkernel_wanted=none
  [ -r "$APPLIED_FILE" ] || return 0
  [ "$CRASHKERNEL" = auto ] || crashkernel_wanted=$CRASHKERNEL
  while read -r key value; do
    case $key in
      crashkernel) crashkernel_wanted=$value ;;
      setting) settings="$settings$value
" ;;
    esac
  done < "$APPLIED_FILE"
}
