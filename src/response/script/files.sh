# shellcheck shell=sh
# The files of a dump, and which of them are looked at.

# kind_of NAME: what it is, in $kind, and whether it was not finished, in $incomplete.
#   kexec-tools, kdump-utils (kdump.sh):     vmcore, vmcore-dmesg.txt; vmcore-incomplete, vmcore-dmesg-incomplete.txt
#   kdump-tools (kdump-config):              dump.STAMP, dmesg.STAMP, where makedumpfile failed vmcore.STAMP, and .gz, .bz2, .lz4 or .xz
#                                            after it; dump-incomplete, vmcore-incomplete
#   SUSE's kdump (savedump.cc, kdump-save):  vmcore, dmesg.txt or dmesg, README.txt
kind_of() {
  kind='' incomplete=false
  case $1 in
    vmcore-incomplete | vmcore-incomplete.* | dump-incomplete | dump-incomplete.*) kind=vmcore incomplete=true ;;
    vmcore-dmesg-incomplete.txt) kind=kernelLog incomplete=true ;;
    vmcore | vmcore.* | dump.*) kind=vmcore ;;
    vmcore-dmesg.txt | dmesg.txt | dmesg | dmesg.*) kind=kernelLog ;;
  esac
}

# measure FILE: of the file or link itself, in $bytes, $modified (epoch seconds) and $owner.
measure() {
  measured=$(stat -c '%s %Y %u' "$1" 2> /dev/null) || return 1
  bytes=${measured%% *}
  owner=${measured##* }
  modified=${measured#* }
  modified=${modified%% *}
}

# is_ours FILE: it and its directory are no links, and belong to who runs this, which is root. Where anybody may write into the dump path
# (Ubuntu's /var/crash), nobody can make the program read, or remove, a file that the capture kernel has not written.
is_ours() {
  ours=$(id -u)
  for each in "${1%/*}" "$1"; do
    [ ! -L "$each" ] && measure "$each" && [ "$owner" = "$ours" ] || return 1
    is_plain_name "${each##*/}" || return 1
  done
  [ -d "${1%/*}" ] && [ -f "$1" ]
}

# is_unchanged NAME BYTES: a file of the dump still has the size that it was found with. Its path is in $file.
is_unchanged() {
  file="$DUMP_PATH/$DIRECTORY/$1"
  kind_of "$1"
  [ -n "$kind" ] && is_ours "$file" && [ "$bytes" = "$2" ]
}

# hash_of FILE OFFSET LENGTH: of a part, in MiB, in $hash. /dev/null and standard input keep the name of the file out of what is printed.
hash_of() {
  hash=$(read_part "$1" "$2" "$3" | sha256sum)
  hash=${hash%% *}
}

# read_part FILE OFFSET LENGTH. A number and not 1M, since not every dd knows the letter.
read_part() {
  dd if="$1" bs="$MIB" skip="$2" count="$3" 2> /dev/null
}
