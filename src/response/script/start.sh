# shellcheck shell=sh
# No pattern is expanded anywhere, unless a function says so; collation and messages do not depend on the machine's language.
set -uf
umask 077
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C

MIB=1048576

refuse() {
  printf '%s\n' "$1" >&2
  exit 2
}

# The parameters have passed the patterns of the document. Agents before 3.3.2746.0 paste them as they are, so that they are looked at
# once more before anything is done with them.

is_plain_name() {
  case $1 in
    '' | [!A-Za-z0-9_]* | *[!A-Za-z0-9._:+-]*) return 1 ;;
  esac
  [ "${#1}" -le 255 ]
}

is_number() {
  case $1 in
    0) ;;
    '' | 0* | *[!0-9]*) return 1 ;;
  esac
  [ "${#1}" -le 15 ]
}

is_url() {
  case $1 in
    *[!A-Za-z0-9./?\&=%_~:+-]*) return 1 ;;
    http://?* | https://?*) ;;
    *) return 1 ;;
  esac
}

check_dump_path() {
  case "$DUMP_PATH/" in
    *[!A-Za-z0-9._/-]* | *//* | */[.-]* | [!/]*) refuse 'The parameter DumpPath is not allowed.' ;;
  esac
}

# for_each ITEMS FUNCTION: calls it with the fields of each item. Items end with ";", and "," stands between fields.
for_each() {
  items=$1 each_item=$2
  while [ -n "$items" ]; do
    item=${items%%;*}
    items=${items#*;}
    old_ifs=$IFS
    IFS=,
    # shellcheck disable=SC2086
    set -- $item
    IFS=$old_ifs
    "$each_item" "$@"
  done
}
