# shellcheck shell=sh
# Boot loaders that keep each kernel's command line in a file that no tool makes anew: the entries of the Boot Loader Specification
# (Amazon Linux 2023, RHEL 8 and later) and the grub.conf of GRUB 0.97 (Amazon Linux 1).
#
# They are edited here and not by grubby, which neither waits for the disk nor, on some releases, finds every kernel.

ENTRIES_DIRECTORY=/boot/loader/entries

# with_boot_entries COMMAND [ARGUMENT...]: runs it with the files of all entries as further arguments. A link stays a link.
with_boot_entries() {
  set +f
  for entry in "$ENTRIES_DIRECTORY"/*.conf; do
    [ ! -L "$entry" ] || entry=$(readlink -f "$entry") || continue
    [ ! -f "$entry" ] || set -- "$@" "$entry"
  done
  set -f
  "$@"
}

has_any() {
  [ $# -gt 0 ]
}

# print_boot_entry FILE: several lines of options count together. What an entry takes over from $kernelopts is changed there.
# shellcheck disable=SC2154
print_boot_entry() {
  awk -v words="$words" -v inherits="$kernelopts" "$CRASHKERNEL_AWK"'
    { lines[NR] = $0 }
    $1 == "options" { last = NR; if ($0 ~ /\$kernelopts/) inherited = inherits != "" }
    END {
      for (i = 1; i <= NR; i++) {
        if (lines[i] ~ /^[ \t]*options[ \t]/) lines[i] = i == last && !inherited ? with_words(lines[i]) : without(lines[i])
        print lines[i]
      }
    }' "$1"
}

# The entries of EL8 say "options $kernelopts", a variable of GRUB's environment block; without it there, grub.cfg has a default.
# shellcheck disable=SC2016
find_kernelopts() {
  kernelopts=''
  environment=$(readlink -f /boot/grub2/grubenv) || environment=
  [ -n "$environment" ] && [ -f "$environment" ] && has "$editenv" || return 0
  with_boot_entries grep -qs '^options.*\$kernelopts' /dev/null || return 0
  read_kernelopts "$environment"
}

# read_kernelopts BLOCK: the variable in it, in $kernelopts_set, and what counts, in $kernelopts.
read_kernelopts() {
  kernelopts_set=$(tool "$editenv" "$1" list | sed -n 's/^kernelopts=//p')
  kernelopts=$kernelopts_set
  if [ -z "$kernelopts" ]; then
    kernelopts=$(sed -n 's/^[[:space:]]*set kernelopts="\(.*\)"[[:space:]]*$/\1/p' "${environment%/*}/grub.cfg" 2> /dev/null | tail -n 1)
  fi
}

# print_kernelopts: with our words in place of others.
print_kernelopts() {
  printf '%s\n' " $kernelopts" | awk -v words="$words" "$CRASHKERNEL_AWK"'{ text = with_words($0); sub(/^ /, "", text); print text }'
}

# set_kernelopts VALUE: the block has a fixed size and form, which GRUB's own tool keeps; it works on the copy. Nothing takes it out.
set_kernelopts() {
  [ "$1" != "$kernelopts" ] || return 0
  beside_of "$environment"
  if [ -n "$1" ]; then
    set -- set "kernelopts=$1"
  else
    set -- unset kernelopts
  fi
  if ! cp -a "$environment" "$beside" || ! tool "$editenv" "$beside" "$@" || ! switch_boot_files "$environment"; then
    sweep_boot_files "$environment"
    fail "The kernelopts in $environment could not be changed." 'See standard error: the block of 1024 bytes may be full.'
  fi
}

print_legacy_configuration() {
  awk -v words="$words" "$CRASHKERNEL_AWK"'{ print $1 == "kernel" ? with_words($0) : $0 }' "$1"
}

configure_boot_entries() {
  if [ -n "$boot_entries" ]; then
    find_kernelopts
    [ -z "$kernelopts" ] || set_kernelopts "$(print_kernelopts)"
    with_boot_entries edit_boot_files print_boot_entry
  fi
  [ -z "$legacy_configuration" ] || edit_boot_files print_legacy_configuration "$legacy_configuration"
}
