# shellcheck shell=sh
# Replacing files that the boot loader reads: whatever the moment, it finds a whole old one or a whole new one.

# write_out_journal DIRECTORY: GRUB reads XFS and ext4 without replaying their journals, so what is only in the journal is not there for it.
# Freezing writes the journal out, as amazon-ec2-hibinit-agent does on Amazon Linux 2. The pair runs in a session of its own and
# ignores signals: whatever happens to this program meanwhile, what was frozen is thawed. Standard error may be a file on it, and a
# message to that would wait for the thaw. Freezing writes out everything, and whoever writes meanwhile waits: so most of that is written out
# before, where sync knows of one file system (coreutils 8.24).
write_out_journal() {
  # shellcheck disable=SC2016
  tool setsid sh -c '
    sync -f "$1" 2> /dev/null || sync
    trap "" HUP INT PIPE TERM
    if fsfreeze -f "$1"; then
      until fsfreeze -u "$1" 2> /dev/null; do sleep 1; done
    fi' freeze "$1"
}

# stat has one name for ext2, ext3 and ext4.
keeps_journal() {
  case $(stat -f -c %T "$1") in
    xfs | ext2/ext3) has fsfreeze && has setsid ;;
    *) return 1 ;;
  esac
}

# staged FILE: is there a new one beside it, in $beside?
staged() {
  beside_of "$1"
  [ -e "$beside" ]
}

# switch_boot_files FILE...: those with a new one beside them are replaced by it. A journal is written out before the renaming
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

# sweep_boot_files FILE...: what lies beside them, after a switch that failed or was killed. Until the journal is written out, the old file
# may be the one that GRUB finds.
sweep_boot_files() {
  journal=
  for file in "$@"; do
    beside_of "$file"
    if [ -e "$beside.old" ]; then
      [ "$journal" = "${file%/*}" ] || write_out_journal "${file%/*}"
      journal=${file%/*}
      rm -f "$beside.old"
    fi
    [ ! -e "$beside" ] || rm -f "$beside"
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
      sweep_boot_files "$@"
      fail "$file could not be written anew; nothing was changed." 'See standard error: a full or read-only /boot is the usual reason.'
    fi
    [ ! -e "$beside" ] || changed=yes
  done
  [ -n "$changed" ] || return 0
  if ! switch_boot_files "$@"; then
    sweep_boot_files "$@"
    fail "The files in ${1%/*} could not be replaced." 'See standard error: a full or read-only file system is the usual reason.'
  fi
}
