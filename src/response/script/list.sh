# shellcheck shell=sh
# What there is: the newest dump, the system, and whether it can be sent. One JSON line.

# The capture kernel takes the time from the machine's clock chip, and nobody has corrected it yet when it writes the dump.
SKEW_SECONDS=300
# More than any dump has.
MOST_FILES=8

# find_newest: the directory with the newest file of a dump since then, in $newest. By the time of the file, because the name of the
# directory may be in any time zone.
find_newest() {
  newest='' newest_time=0 passed_over=0
  set +f
  for found in "$DUMP_PATH"/*/*; do
    kind_of "${found##*/}"
    [ -n "$kind" ] && measure "$found" && [ "$modified" -ge $((SINCE - SKEW_SECONDS)) ] || continue
    found_time=$modified
    if ! is_ours "$found"; then
      passed_over=$((passed_over + 1))
    elif [ "$found_time" -gt "$newest_time" ]; then
      newest=${found%/*} newest_time=$found_time
    fi
  done
  set -f
}

# says FILE TEXT: one of its first lines holds it. The line is in $line.
says() {
  count=0
  while [ "$count" -lt 40 ] && IFS= read -r line; do
    case $line in *"$2"*) return 0 ;; esac
    count=$((count + 1))
  done < "$1"
  return 1
}

# add_file FILE: to $files, as JSON, and the kernel that its log names, to $kernel.
add_file() {
  kind_of "${1##*/}"
  is_ours "$1" || return 0
  files_count=$((files_count + 1))
  [ "$files_count" -le "$MOST_FILES" ] || return 0
  # SUSE's kdump writes this first, and its last word over it when the dump is finished.
  if [ "$kind" = vmcore ] && is_ours "$newest/README.txt" && says "$newest/README.txt" 'crash dump is likely incomplete'; then
    incomplete=true
  fi
  measure "$1"
  json="\"name\":\"${1##*/}\",\"kind\":\"$kind\",\"bytes\":$bytes,\"incomplete\":$incomplete"
  if [ "$kind" = kernelLog ]; then
    # It is small: its checksum now saves a command.
    if [ "$bytes" -le $((64 * MIB)) ]; then
      hash_of "$1" 0 64
      json="$json,\"sha256\":\"$hash\""
    fi
    if says "$1" 'Linux version '; then
      line=${line#*Linux version }
      kernel=${line%% *}
    fi
  fi
  files="$files${files:+,}{$json}"
}

list_files() {
  files='' files_count=0
  set +f
  for found in "$newest"/*; do
    kind_of "${found##*/}"
    [ -z "$kind" ] || add_file "$found"
  done
  set -f
}

# os_release KEY: its value, in $value.
os_release() {
  value=
  for release in /etc/os-release /usr/lib/os-release; do
    [ -r "$release" ] || continue
    while IFS= read -r line; do
      case $line in "$1="*) value=${line#*=} ;; esac
    done < "$release"
    break
  done
  value=${value#[\"\']}
  value=${value%[\"\']}
}

# json_word TEXT: as JSON, in $json; what no system calls itself is unknown.
json_word() {
  case $1 in
    '' | *[!A-Za-z0-9._+~-]*) json='"unknown"' ;;
    *) json="\"$1\"" ;;
  esac
}

describe_system() {
  os_release ID
  json_word "$value"
  system="\"id\":$json"
  os_release VERSION_ID
  json_word "$value"
  system="$system,\"version\":$json"
  json_word "$kernel"
  system="$system,\"kernel\":$json"
  json_word "$(uname -m)"
  system="$system,\"architecture\":$json"
}

list_dump() {
  is_number "$SINCE" || refuse 'The parameter Since is not allowed.'
  # Of the kernel that runs now, unless the log names the one that panicked.
  files='' kernel=$(uname -r)
  find_newest
  [ -z "$newest" ] || list_files
  describe_system
  directory=null
  [ -z "$newest" ] || directory="\"${newest##*/}\""
  # In the capture kernel, /proc/vmcore is the memory of the kernel that died.
  capturing=false
  [ ! -e /proc/vmcore ] || capturing=true
  curl=false
  ! command -v curl > /dev/null || curl=true
  printf '{"directory":%s,"files":[%s],"passedOver":%s,"capturing":%s,"curl":%s,"system":{%s}}\n' \
    "$directory" "$files" "$passed_over" "$capturing" "$curl" "$system"
}
