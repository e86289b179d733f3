# shellcheck shell=sh
# Editing a file of settings that is not ours, in the two forms there are: assignments of a shell (kdump-tools, sysconfig) and the
# options of kdump.conf, a name and the rest of the line.
#
# A carriage return belongs to the value, for kdump does not take it for anything else.
#
# Only the last line of a setting counts and is changed; lines keep their places, so that a revert finds them. The wanted settings are
# lines "NAME VALUE" in $settings; "?NAME VALUE" changes a setting only where the file has it, because its default is that value.

# shellcheck disable=SC2016
SETTINGS_AWK='
  function value_of(text) {
    if (form == "options") {
      sub(/^[ \t]+/, "", text)
      sub(/^[^ \t]+[ \t]*/, "", text)
      sub(/[ \t]+$/, "", text)
      return text
    }
    sub(/^[^=]*=/, "", text)
    sub(/[ \t]+(#.*)?$/, "", text)
    if (text ~ /^".*"$/ || text ~ /^'"'.*'"'$/) text = substr(text, 2, length(text) - 2)
    return text
  }
  function name_of(text) {
    sub(/^[ \t]+/, "", text)
    if (form == "options") return text ~ /^[a-z]/ ? substr(text, 1, match(text " ", /[ \t\r]/) - 1) : ""
    return match(text, /^[A-Za-z_][A-Za-z0-9_]*=/) ? substr(text, 1, RLENGTH - 1) : ""
  }
  function line_of(name, value) {
    return form == "options" ? name " " value : name "=" (value ~ /^[A-Za-z0-9_.-]+$/ ? value : "\"" value "\"")
  }
  # SUSE also names a directory as a URL, and says yes in several ways.
  function same(value, wanted) {
    return value == wanted || value == "file://" wanted || (wanted == "yes" && value ~ /^(true|1)$/)
  }
  function read_settings(text,    count, row, i, name) {
    count = split(text, row, "\n")
    for (i = 1; i <= count; i++) {
      if (row[i] == "") continue
      name = substr(row[i], 1, index(row[i], " ") - 1)
      names[++total] = name
      if (sub(/^\?/, "", names[total])) optional[names[total]] = 1
      wanted[names[total]] = substr(row[i], index(row[i], " ") + 1)
    }
  }'

# read_setting NAME: the value that counts in $settings_file, in $value; empty where there is none.
read_setting() {
  value=$(awk -v form="$settings_form" -v name="$1" "$SETTINGS_AWK"'
    name_of($0) == name { value = value_of($0) }
    END { print value }' "$settings_file")
}

# print_with_settings FILE. kdump.conf may name an option once only: what counted less becomes a comment.
print_with_settings() {
  CDK_SETTINGS=$settings awk -v form="$settings_form" "$SETTINGS_AWK"'
    BEGIN { read_settings(ENVIRON["CDK_SETTINGS"]) }
    {
      lines[NR] = $0
      name = name_of($0)
      if (!(name in wanted)) next
      if (form == "options" && (name in last)) lines[last[name]] = "#" lines[last[name]]
      last[name] = NR
    }
    END {
      for (i = 1; i <= total; i++) {
        name = names[i]
        if (name in last && !same(value_of(lines[last[name]]), wanted[name])) lines[last[name]] = line_of(name, wanted[name])
      }
      for (i = 1; i <= NR; i++) print lines[i]
      for (i = 1; i <= total; i++) if (!(names[i] in last) && !(names[i] in optional)) print line_of(names[i], wanted[names[i]])
    }' "$1"
}

# print_without_settings FILE BACKUP: where FILE still says what we wanted, it says again what BACKUP says.
print_without_settings() {
  CDK_SETTINGS=$settings awk -v form="$settings_form" "$SETTINGS_AWK"'
    BEGIN { read_settings(ENVIRON["CDK_SETTINGS"]) }
    { name = name_of($0) }
    FILENAME == ARGV[1] { if (name in wanted) before[name] = $0; next }
    { lines[++length_now] = $0; if (name in wanted) last[name] = length_now }
    END {
      for (i = 1; i <= length_now; i++) {
        name = name_of(lines[i])
        if (name in last && last[name] == i && same(value_of(lines[i]), wanted[name])) {
          if (name in before) print before[name]
        } else print lines[i]
      }
    }' "$2" "$1"
}
