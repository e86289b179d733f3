# shellcheck shell=sh
# Changing a file so that the power may fail at any moment: the new content is written beside the file, forced to the disk and
# renamed over it. A reader, and the boot loader, see the old file or the new one and never a part.

STATE_DIRECTORY=/var/lib/cdk-diagnostic-interrupt

# beside_of FILE: the name beside it, in $beside. The leading dot and the ending keep it away from every pattern that picks up
# configuration (*.cfg of grub-mkconfig, *.conf of systemd-sysctl, run-parts).
beside_of() {
  beside="${1%/*}/.${1##*/}.cdk-diagnostic-interrupt"
}

# begin_beside FILE: an empty file beside it, with its owner, mode and SELinux label (-a keeps what it can and does not complain; -L, so
# that it is never a link, through which another file would be written). `true`, because a shell ends when it cannot open a file for `:`.
begin_beside() {
  beside_of "$1"
  rm -f "$beside"
  if [ -f "$1" ]; then
    cp -aL "$1" "$beside" && true > "$beside"
  elif [ -e "$1" ]; then
    printf '%s\n' "$1 is not a regular file." >&2
    return 1
  else
    true > "$beside"
  fi
}

# commit_beside FILE: the file beside it takes its place. `sync FILE` is fsync; coreutils before 8.24 (Amazon Linux 2) do not know
# the argument and sync everything, which does as well.
commit_beside() {
  beside_of "$1"
  new_file=
  [ -e "$1" ] || new_file=yes
  sync "$beside" && mv -f "$beside" "$1" && sync "${1%/*}" || return 1
  # A file that was not there before has its directory's label, which is not always the one that the policy wants for it.
  if [ -n "$new_file" ] && [ -e /sys/fs/selinux/enforce ] && has restorecon; then
    tool restorecon "$1"
  fi
}

abandon_beside() {
  beside_of "$1"
  rm -f "$beside"
}

# backup_of FILE: the name of its backup, in $backup.
backup_of() {
  backup="$STATE_DIRECTORY/backup$1"
}

# keep_backup FILE: one copy of a file that is not ours, as it was before we first touched it.
keep_backup() {
  backup_of "$1"
  [ -e "$1" ] && [ ! -e "$backup" ] || return 0
  mkdir -p "${backup%/*}" || return 1
  beside_of "$backup"
  cp -a "$1" "$beside" && commit_beside "$backup"
}

# is_already FILE PRODUCER [ARGUMENT...]: is FILE what PRODUCER prints?
is_already() {
  compared=$1
  shift
  [ -f "$compared" ] && "$@" | cmp -s - "$compared"
}

# write_file FILE PRODUCER [ARGUMENT...]: FILE becomes what PRODUCER prints; it stays as it is when that fails, or is nothing.
write_file() {
  target=$1
  shift
  if ! mkdir -p "${target%/*}" || ! begin_beside "$target" || ! "$@" > "$beside" || [ ! -s "$beside" ] || ! commit_beside "$target"; then
    abandon_beside "$target"
    return 1
  fi
}

# put_file FILE PRODUCER [ARGUMENT...]: the same, as a step of the program. Touches nothing when FILE is that already.
put_file() {
  ! is_already "$@" || return 0
  write_file "$@" || fail "$1 could not be written." 'See standard error: a full or read-only file system is the usual reason.'
  note_change "$1"
}

# edit_file FILE EDITOR: a file that is not ours becomes what EDITOR makes of it. A link stays a link.
edit_file() {
  edited=$(readlink -f "$1") || edited=$1
  ! is_already "$edited" "$2" "$edited" || return 0
  keep_backup "$edited" || fail "$edited could not be backed up to $STATE_DIRECTORY." 'See standard error; is /var full?'
  put_file "$edited" "$2" "$edited"
}

# remove_file FILE
remove_file() {
  [ -e "$1" ] || return 0
  if ! rm -f "$1" || ! sync "${1%/*}"; then
    fail "$1 could not be removed." 'See standard error: is the file system read-only?'
  fi
  note_change "$1 removed"
}

BLOCK_BEGIN='# BEGIN cdk-diagnostic-interrupt'
BLOCK_END='# END cdk-diagnostic-interrupt'

# print_without_block FILE. An editor may have put carriage returns at the ends of lines. A block without an end stays: nobody knows which
# of the lines after it are ours.
print_without_block() {
  awk -v begin="$BLOCK_BEGIN" -v end="$BLOCK_END" '
    { line = $0; sub(/\r$/, "", line) }
    line == begin { printf "%s", block; block = ""; inside = 1 }
    inside { block = block $0 "\n" }
    !inside { print }
    line == end { block = ""; inside = 0 }
    END { printf "%s", block }' "$1"
}

# print_with_block FILE PRODUCER: FILE with a block of our own at its end.
print_with_block() {
  if [ -e "$1" ]; then
    print_without_block "$1" || return 1
  fi
  printf '%s\n' "$BLOCK_BEGIN"
  "$2"
  printf '%s\n' "$BLOCK_END"
}
