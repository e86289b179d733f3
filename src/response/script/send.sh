# shellcheck shell=sh
# Parts of files go straight from the disk to S3: no copy on the disk, and no part in memory. A line on standard output for each, in any
# order:
#   sent FILE NUMBER                     S3 has taken it
#   failed FILE NUMBER HTTP CURL CODE    the status, curl's exit code, and S3's code for the error or "-"
#   hash FILE NUMBER HEX                 its SHA-256
#   changed FILE                         it is no longer there, or has another size than it was found with

sending=yes

# check_part FILE BYTES NUMBER OFFSET LENGTH
check_part() {
  is_plain_name "$1" && is_number "$2" && is_number "$3" && is_number "$4" && is_number "$5" || refuse 'A part is not allowed.'
}

# check_sent FILE BYTES NUMBER OFFSET LENGTH CHECKSUM URL
check_sent() {
  [ $# = 7 ] || refuse 'A part to send has seven fields.'
  check_part "$@"
  is_url "$7" || refuse 'The address of a part is not allowed.'
  case $6 in
    *[!A-Za-z0-9+/=]*) refuse 'The checksum of a part is not allowed.' ;;
  esac
}

# check_hashed FILE BYTES NUMBER OFFSET LENGTH
check_hashed() {
  [ $# = 5 ] || refuse 'A part to hash has five fields.'
  check_part "$@"
}

# send_part FILE BYTES NUMBER OFFSET LENGTH CHECKSUM URL
send_part() {
  [ -n "$sending" ] || return 0
  if ! is_unchanged "$1" "$2"; then
    printf 'changed %s\n' "$1"
    sending=
    return 0
  fi
  upload "$@"
  case $curl_status:$http in
    0:200) printf 'sent %s %s\n' "$1" "$3" ;;
    *)
      printf 'failed %s %s %s %s %s\n' "$1" "$3" "$http" "$curl_status" "$code"
      # What hinders one part hinders the next: the network, or addresses that have expired.
      sending=
      ;;
  esac
}

# send_every_other FILE BYTES NUMBER OFFSET LENGTH CHECKSUM URL: the parts of one of two senders, the first of them where $mine is set.
send_every_other() {
  if [ -n "$mine" ]; then
    mine=
    send_part "$@"
  else
    mine=yes
  fi
}

# upload FILE BYTES NUMBER OFFSET LENGTH CHECKSUM URL: the outcome is in $http, $curl_status and $code. From a pipe curl would send chunks,
# which S3 does not take, and "Expect" costs a round trip. S3 refuses the part if the checksum is not that of what arrives, nor the one
# that the address was signed with. A connection that stands still for a minute is given up.
upload() {
  part_bytes=$(($2 - $4 * MIB))
  [ "$part_bytes" -le $(($5 * MIB)) ] || part_bytes=$(($5 * MIB))
  answer=$(read_part "$file" "$4" "$5" | curl -q -sS -T - -H 'Transfer-Encoding:' -H 'Expect:' -H "Content-Length: $part_bytes" \
    -H "x-amz-checksum-sha256: $6" --connect-timeout 20 --speed-limit 1024 --speed-time 60 -w '%{http_code}' "$7")
  curl_status=$?
  http=${answer#"${answer%???}"}
  code=-
  case $answer in
    *'<Code>'*'</Code>'*)
      code=${answer#*<Code>}
      code=${code%%</Code>*}
      ;;
  esac
  # Who answers instead of S3 may say anything.
  is_number "$http" || http=0
  is_plain_name "$code" || code=-
}

# hash_part FILE BYTES NUMBER OFFSET LENGTH
hash_part() {
  if is_unchanged "$1" "$2"; then
    hash_of "$file" "$4" "$5"
    printf 'hash %s %s %s\n' "$1" "$3" "$hash"
  else
    printf 'changed %s\n' "$1"
  fi
}

send_dump() {
  is_plain_name "$DIRECTORY" || refuse 'The parameter Directory is not allowed.'
  for_each "$SEND" check_sent
  for_each "$HASH" check_hashed
  # Beside each other: the next parts are known by the time that these are sent, and the disk has read them once, as far as the memory
  # keeps them until then. Two connections, since S3 bounds what goes through one. Each line is one write, so that they do not mix.
  for_each "$HASH" hash_part &
  mine=yes
  for_each "$SEND" send_every_other &
  mine=
  for_each "$SEND" send_every_other
  wait
}
