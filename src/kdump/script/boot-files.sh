# shellcheck shell=sh
# Replacing files that the boot loader reads: whatever the moment, it finds a whole old one or a whole new one.

# write_out_journal DIRECTORY: GRUB reads XFS without replaying its journal, so what is only in the journal is not there for it.
# Freezing writes the journal out, as amazon-ec2-hibinit-agent does on Amazon Linux 2. The pair runs in a session of its own and
# ignores signals: whatever happens to this program meanwhile, what was frozen is thawed.
write_out_journal() {
  # shellcheck disable=SC2016
  tool setsid sh -c '
    trap "" HUP INT PIPE TERM
    if fsfreeze -f "$1"; then
      until fsfreeze -u "$1"; do sleep 1; done
    fi' freeze "$1"
}

keeps_journal() {
  [ "$(stat -f -c %T "$1")" = xfs ] && has fsfreeze && has setsid
}

# staged FILE: is there a new one beside it, in $beside?
staged() {
  beside_of "$1"
  [ -e "$beside" ]
}

# switch_boot_files FILE...: those with a new one beside them are replaced by it. On XFS the journal is written out before the renaming
# and after it, and the old files are kept until then: a directory entry on the disk always leads to a whole file.
switch_boot_files() {
  journal=
  ! keeps_journal "$1" || journal=${1%/*}
  for file in "$@"; do
    staged "$file" || continue
    keep_backup "$file" || return 1
    beside_of "$file"
    [ -z "$journal" ] || { ln -f "$file" "$beside.old" && sync "$beside"; } || return 1
  done
  [ -z "$journal" ] || write_out_journal "$journal"
  for file in "$@"; do
    staged "$file" || continue
    commit_beside "$file" || return 1
    note_change "$file"
  done
  [ -z "$journal" ] || write_out_journal "$journal"
  for file in "$@"; do
    beside_of "$file"
    rm -f "$beside.old"
  done
}

# sweep_boot_files FILE...: what a run left behind that was killed while it switched them. Until the journal is written out, the old file
# may be the one that GRUB finds.
sweep_boot_files() {
  for file in "$@"; do
    beside_of "$file"
    if [ -e "$beside.old" ]; then
      write_out_journal "${file%/*}"
      rm -f "$beside.old"
    fi
    [ ! -e "$beside" ] || rm -f "$beside"
  done
}

abandon_boot_files() {
  for file in "$@"; do
    abandon_beside "$file"
    rm -f "$beside.old"
  done
}

# stage EDITOR FILE: what EDITOR makes of FILE lies beside it, if that is another thing.
stage() {
  abandon_beside "$2"
  ! is_already "$2" "$1" "$2" || return 0
  begin_beside "$2" && "$1" "$2" > "$beside" && [ -s "$beside" ]
}

# edit_boot_files EDITOR FILE...: all of them, or none when one cannot be written.
edit_boot_files() {
  editor=$1
  shift
  changed=
  for file in "$@"; do
    if ! stage "$editor" "$file"; then
      abandon_boot_files "$@"
      fail "$file could not be written anew; nothing was changed." 'See standard error: a full or read-only /boot is the usual reason.'
    fi
    [ ! -e "$beside" ] || changed=yes
  done
  [ -n "$changed" ] || return 0
  if ! switch_boot_files "$@"; then
    abandon_boot_files "$@"
    fail "The files in ${1%/*} could not be replaced." 'See standard error: a full or read-only file system is the usual reason.'
  fi
}
