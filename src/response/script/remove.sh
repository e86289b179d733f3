# shellcheck shell=sh
# Files that S3 has confirmed make room for the next dump.

# remove_one FILE BYTES
remove_one() {
  [ $# = 2 ] && is_plain_name "$1" && is_number "$2" || refuse 'A file to remove is not allowed.'
  file="$DUMP_PATH/$DIRECTORY/$1"
  if [ ! -e "$file" ] && [ ! -L "$file" ]; then
    # A run before this one was cut off.
    printf 'removed %s\n' "$1"
  elif is_unchanged "$1" "$2"; then
    rm -f "$file" && printf 'removed %s\n' "$1"
  else
    printf 'changed %s\n' "$1"
  fi
}

remove_dump() {
  is_plain_name "$DIRECTORY" || refuse 'The parameter Directory is not allowed.'
  for_each "$REMOVE" remove_one
}
