# shellcheck shell=sh
# Changing a file so that the power may fail at any moment: the new content is written beside the file, forced to the disk and
# renamed over it. A reader, and the boot loader, see the old file or the new one and never a part.

STATE_DIRECTORY=/var/lib/cdk-diagnostic-interrupt

# beside_of FILE: the name beside it, in $beside. The leading dot and the ending keep it away from every pattern that picks up
# configuration (*.cfg of grub-mkconfig, *.conf of systemd-sysctl, run-parts).
beside_of() {
  beside="${1%/*}/.${1##*/}.cdk-diagnostic-interrupt"
}

# begin_beside FILE: an empty file beside it, with its owner and mode.
begin_beside() {
  beside_of "$1"
  rm -f "$beside"
  if [ -e "$1" ]; then
    cp -p "$1" "$beside" && : > "$beside"
  else
    : > "$beside"
  fi
}

# commit_beside FILE: the file beside it takes its place. `sync FILE` is fsync; coreutils before 8.24 (Amazon Linux 2) do not know
# the argument and sync everything, which does as well.
commit_beside() {
  beside_of "$1"
  sync "$beside" && mv -f "$beside" "$1" && sync "${1%/*}"
}

abandon_beside() {
  beside_of "$1"
  rm -f "$beside"
}

# keep_backup FILE: one copy of a file that is not ours, as it was before we first touched it.
keep_backup() {
  backup="$STATE_DIRECTORY/backup$1"
  [ -e "$1" ] && [ ! -e "$backup" ] || return 0
  mkdir -p "${backup%/*}" || return 1
  beside_of "$backup"
  cp -p "$1" "$beside" && commit_beside "$backup"
}

# is_already FILE PRODUCER [ARGUMENT...]: is FILE what PRODUCER prints?
is_already() {
  compared=$1
  shift
  [ -f "$compared" ] && "$@" | cmp -s - "$compared"
}

# put_file FILE PRODUCER [ARGUMENT...]: makes FILE what PRODUCER prints. Touches nothing when it already is.
put_file() {
  ! is_already "$@" || return 0
  target=$1
  shift
  if ! mkdir -p "${target%/*}" || ! begin_beside "$target" || ! "$@" > "$beside" || ! commit_beside "$target"; then
    abandon_beside "$target"
    fail "$target could not be written." 'See standard error: a full or read-only file system is the usual reason.'
  fi
  note_change "$target"
}

# edit_file FILE EDITOR: a file that is not ours becomes what EDITOR makes of it. A link stays a link.
edit_file() {
  edited=$(readlink -f "$1") || edited=$1
  ! is_already "$edited" "$2" "$edited" || return 0
  keep_backup "$edited" || fail "$edited could not be backed up to $STATE_DIRECTORY." 'See standard error; is /var full?'
  put_file "$edited" "$2" "$edited"
}
