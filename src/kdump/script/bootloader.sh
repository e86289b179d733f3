# shellcheck shell=sh
# The crashkernel= argument: first into GRUB's settings, then into the grub.cfg that the machine boots by.

GRUB_SETTINGS_FILE=/etc/default/grub.d/zz-cdk-diagnostic-interrupt.cfg
GRUB_BLOCK_BEGIN='# BEGIN cdk-diagnostic-interrupt'
GRUB_BLOCK_END='# END cdk-diagnostic-interrupt'

# Debian and Ubuntu boot by one file on every platform; Amazon Linux 2 has a link for BIOS and one for UEFI, and may have both.
find_grub_configurations() {
  grub_configurations=
  case $family in
    debian) candidates=/boot/grub/grub.cfg ;;
    amazon2) candidates='/etc/grub2.cfg /etc/grub2-efi.cfg /boot/grub2/grub.cfg' ;;
  esac
  for candidate in $candidates; do
    candidate=$(readlink -f "$candidate") || continue
    [ -f "$candidate" ] || continue
    case " $grub_configurations " in
      *" $candidate "*) ;;
      *) grub_configurations="$grub_configurations $candidate" ;;
    esac
  done
}

# Shell code that grub-mkconfig sources after everything else. It takes out every crashkernel= that is there, whoever wrote it and
# however it is quoted, because of several the kernel takes the last.
print_grub_settings() {
  arguments=
  for value in $crashkernel_wanted; do
    arguments="$arguments crashkernel=$value"
  done
  # shellcheck disable=SC2016
  printf '%s\n' \
    'cdk_without_crashkernel() {' \
    "  printf '%s' \" \$1\" | sed -e 's/[[:space:]]crashkernel=[^[:space:]]*//g' -e 's/^ //'" \
    '}' \
    'GRUB_CMDLINE_LINUX="$(cdk_without_crashkernel "$GRUB_CMDLINE_LINUX")"' \
    'GRUB_CMDLINE_LINUX_DEFAULT="$(cdk_without_crashkernel "$GRUB_CMDLINE_LINUX_DEFAULT")'"$arguments\""
}

# A file of our own, named to come last: 50-cloudimg-settings.cfg *assigns* GRUB_CMDLINE_LINUX_DEFAULT, so that an edit of
# /etc/default/grub would be lost, and kdump-tools.cfg appends the distribution's value.
print_grub_settings_file() {
  printf '%s\n' '# Written by cdk-diagnostic-interrupt, which overwrites changes.'
  print_grub_settings
}

# print_with_grub_block FILE: the file with our block at its end. grub2-mkconfig of Amazon Linux 2 reads no grub.d, and the file is
# shell code: a block needs no guess about how, or whether, a line above it is quoted.
print_with_grub_block() {
  if [ -e "$1" ]; then
    awk -v begin="$GRUB_BLOCK_BEGIN" -v end="$GRUB_BLOCK_END" '
      $0 == begin { inside = 1 }
      !inside { print }
      $0 == end { inside = 0 }' "$1" || return 1
  fi
  printf '%s\n' "$GRUB_BLOCK_BEGIN"
  print_grub_settings
  printf '%s\n' "$GRUB_BLOCK_END"
}

# grub_configuration_carries FILE: does it boot a kernel with the wanted value?
grub_configuration_carries() {
  while read -r word words; do
    case $word in linux | linux16 | linuxefi) ;; *) continue ;; esac
    # shellcheck disable=SC2086
    effective_crashkernel $words
    if [ "$crashkernel" = "$crashkernel_wanted" ]; then
      return 0
    fi
  done < "$1"
  return 1
}

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

# replace_grub_configuration FILE: on XFS the journal is written out before the renaming and after it, and the old file is kept until
# then. So GRUB finds, at any moment, a directory entry that leads to a whole file.
replace_grub_configuration() {
  keep_backup "$1" || return 1
  if [ "$(stat -f -c %T "$1")" != xfs ] || ! has fsfreeze; then
    commit_beside "$1"
    return
  fi
  beside_of "$1"
  ln -f "$1" "$beside.old" && sync "$beside" || return 1
  write_out_journal "${1%/*}"
  commit_beside "$1" || return 1
  write_out_journal "${1%/*}"
  rm -f "$beside.old"
}

# grub-mkconfig -o (and so update-grub) copies the new text into the live file: a power loss in between leaves half of it. So it
# writes to standard output here, and what it wrote is checked before it takes the live file's place.
regenerate_grub_configuration() {
  if ! begin_beside "$1" || ! tool "$mkconfig" > "$beside"; then
    abandon_beside "$1"
    fail "$mkconfig failed; $1 is unchanged." "See standard error, and run $mkconfig by hand."
  fi
  if has "$script_check" && ! tool "$script_check" "$beside"; then
    abandon_beside "$1"
    fail "$mkconfig wrote a configuration that $script_check refuses; $1 is unchanged." 'Look for errors in /etc/default/grub and /etc/grub.d.'
  fi
  if ! grub_configuration_carries "$beside"; then
    abandon_beside "$1"
    fail "$mkconfig wrote no kernel with crashkernel=$crashkernel_wanted; $1 is unchanged." \
      'Something overrides GRUB_CMDLINE_LINUX_DEFAULT: look into /etc/default/grub, /etc/default/grub.d and /etc/grub.d.'
  fi
  if ! replace_grub_configuration "$1"; then
    abandon_beside "$1"
    fail "$1 could not be replaced." 'See standard error: a full or read-only file system is the usual reason.'
  fi
  note_change "$1"
}

configure_bootloader() {
  case $family in
    debian) put_file "$GRUB_SETTINGS_FILE" print_grub_settings_file ;;
    amazon2) edit_file /etc/default/grub print_with_grub_block ;;
  esac
  for configuration in $grub_configurations; do
    grub_configuration_carries "$configuration" || regenerate_grub_configuration "$configuration"
  done
}
