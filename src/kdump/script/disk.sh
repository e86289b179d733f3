# shellcheck shell=sh
# Whether a dump fits on the disk, and the dumps that are there already.

NEWLINE='
'

# read_memory: the machine's memory with what is reserved for the crash kernel, in $memory_kib.
read_memory() {
  memory_kib=0
  while read -r key value _; do
    if [ "$key" = MemTotal: ]; then
      memory_kib=$value
      break
    fi
  done < /proc/meminfo
  first_line /sys/kernel/kexec_crash_size
  memory_kib=$((memory_kib + ${line:-0} / 1024))
}

# measure_disk: the free bytes where dumps are written, and how many a dump may need. Red Hat's support found that most dumps at level 31
# stay below a tenth of the memory (solution 5676371); twice that is asked for unless a number was given. A copy is as large as the memory, and
# so may a dump be of a level that leaves in caches, users' pages or free ones; only pages of zeros (1) compress to nothing.
measure_disk() {
  disk=$(df -Pk "$DUMP_PATH")
  # shellcheck disable=SC2086
  set -- ${disk##*"$NEWLINE"}
  # From the right, because the first column may hold blanks.
  shift $(($# > 5 ? $# - 5 : 0))
  free_bytes=
  case ${3:-} in
    '' | *[!0-9]*) ;;
    *) free_bytes=$(($3 * 1024)) ;;
  esac
  if [ "$MINIMUM_FREE_MIB" = auto ]; then
    read_memory
    needed_bytes=$((memory_kib * 1024))
    [ -n "${copies_all:-}" ] || [ "${DUMP_LEVEL:-31}" -lt 30 ] || needed_bytes=$((needed_bytes / 5))
  else
    needed_bytes=$((MINIMUM_FREE_MIB * 1048576))
  fi
}

disk_suffices() {
  measure_disk
  [ -n "$free_bytes" ] && [ "$free_bytes" -ge "$needed_bytes" ]
}

refuse_low_disk() {
  ! disk_suffices || return 0
  [ -n "$free_bytes" ] || fail "The free space of $DUMP_PATH could not be read." "Try: df -Pk $DUMP_PATH"
  finish low-disk "The crash kernel is loaded, but a dump may not fit: $DUMP_PATH has fewer bytes free (freeBytes) than one may need (neededBytes)." \
    'Move old dumps away, enlarge the file system, or set another DumpOptions.minimumFreeSpace.'
}

# find_last_dump: the newest dump below the path, in $last_dump. Each distribution names the files differently:
# <stamp>/dump.<stamp> (Debian), <host>-<stamp>/vmcore (Red Hat, Amazon, SUSE).
find_last_dump() {
  last_dump=
  set +f
  for file in "$DUMP_PATH"/*/vmcore "$DUMP_PATH"/*/vmcore.* "$DUMP_PATH"/*/dump.*; do
    [ -f "$file" ] || continue
    if [ -z "$last_dump" ] || [ "$file" -nt "$last_dump" ]; then
      last_dump=$file
    fi
  done
  set -f
}

# In the capture kernel, /proc/vmcore is the memory of the kernel that died. Later on, makedumpfile may still work on a copy.
dump_is_being_saved() {
  [ ! -e /proc/vmcore ] || return 0
  set +f
  set -- /proc/[0-9]*/comm
  set -f
  for file in "$@"; do
    first_line "$file"
    [ "$line" != makedumpfile ] || return 0
  done
  return 1
}
