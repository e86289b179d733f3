# shellcheck shell=sh
# The crashkernel= words of a kernel's command line: which of them counts, and how they are replaced.

# effective_crashkernel WORD...: what the kernel takes from these words of a command line, in $crashkernel. The last plain value
# wins; without one, the last ",high" and the last ",low" together (kernel/crash_reserve.c).
effective_crashkernel() {
  crashkernel_plain='' crashkernel_high='' crashkernel_low=''
  for word in "$@"; do
    case $word in
      crashkernel=*,high) crashkernel_high=${word#crashkernel=} ;;
      crashkernel=*,low) crashkernel_low=${word#crashkernel=} ;;
      crashkernel=*,cma) ;;
      crashkernel=*) crashkernel_plain=${word#crashkernel=} ;;
    esac
  done
  crashkernel=$crashkernel_plain
  if [ -z "$crashkernel" ]; then
    crashkernel="$crashkernel_high${crashkernel_low:+ $crashkernel_low}"
  fi
}

# crashkernel_words VALUE: the words for the command line, in $words, each after a blank.
crashkernel_words() {
  words=
  for value in $1; do
    words="$words crashkernel=$value"
  done
}

# awk functions for texts with command lines in them. without() takes every crashkernel= out of a line; with_words() puts ours, in the
# variable `words`, at its end, unless they and no others are there; counting() is effective_crashkernel.
# shellcheck disable=SC2016
CRASHKERNEL_AWK='
  function without(text) {
    gsub(/[ \t]+crashkernel=[^ \t\r"]*/, "", text)
    return text
  }
  function with_words(text,    end) {
    if (given(text) == words) return text
    end = text ~ /\r$/ ? "\r" : ""
    text = without(text)
    sub(/[ \t\r]+$/, "", text)
    return text words end
  }
  function given(text,    found) {
    while (match(text, /[ \t]crashkernel=[^ \t\r"]*/)) {
      found = found " " substr(text, RSTART + 1, RLENGTH - 1)
      text = substr(text, RSTART + RLENGTH)
    }
    return found
  }
  function counting(text,    count, word, i, plain, high, low) {
    count = split(given(text), word, / crashkernel=/)
    for (i = 2; i <= count; i++) {
      if (word[i] ~ /,cma$/) continue
      if (word[i] ~ /,high$/) high = word[i]
      else if (word[i] ~ /,low$/) low = word[i]
      else plain = word[i]
    }
    return plain != "" ? plain : low != "" ? high " " low : high
  }'
