# shellcheck shell=sh
# GRUB's settings, from which its configuration is made whenever a kernel is installed.

GRUB_SETTINGS_FILE=/etc/default/grub.d/zz-cdk-diagnostic-interrupt.cfg

# Shell code that grub-mkconfig sources after everything else. It takes out every crashkernel= that is there, whoever wrote it and
# however it is quoted, because of several the kernel takes the last. The braces keep the lines from tools that edit those which begin
# with the variable's name (grubby, kdumpctl, perl-bootloader).
print_grub_settings() {
  # shellcheck disable=SC2016
  printf '%s\n' \
    'cdk_without_crashkernel() {' \
    "  printf '%s' \" \$1\" | sed -e 's/[[:space:]]crashkernel=[^[:space:]]*//g' -e 's/^ //'" \
    '}' \
    '{ GRUB_CMDLINE_LINUX="$(cdk_without_crashkernel "${GRUB_CMDLINE_LINUX:-}")"; }' \
    '{ GRUB_CMDLINE_LINUX_DEFAULT="$(cdk_without_crashkernel "${GRUB_CMDLINE_LINUX_DEFAULT:-}")'"$words\"; }"
}

# A file of our own, named to come last: 50-cloudimg-settings.cfg *assigns* GRUB_CMDLINE_LINUX_DEFAULT, so that an edit of
# /etc/default/grub would be lost, and kdump-tools.cfg appends the distribution's value.
print_grub_settings_file() {
  printf '%s\n' '# Written by cdk-diagnostic-interrupt, which overwrites changes.'
  print_grub_settings
}

# Other distributions' grub2-mkconfig reads no grub.d. /etc/default/grub is shell code, so a block at its end needs no guess about how,
# or whether, a line above it is quoted.
print_with_grub_block() {
  print_with_block "$1" print_grub_settings
}

# /etc/kernel/cmdline: kernel-install takes the command line of a new kernel from it, where it exists. The blank in front is for the
# first word, which is one like the others.
print_kernel_command_line() {
  awk -v words="$words" "$CRASHKERNEL_AWK"'
    { lines[NR] = " " $0 }
    /[^ \t\r]/ && !/^[ \t]*#/ { last = NR }
    END { for (i = 1; i <= NR; i++) print substr(i == last ? with_words(lines[i]) : without(lines[i]), 2) }' "$1"
}

configure_grub_settings() {
  [ -z "$legacy_configuration" ] || return 0
  case $family in
    debian) put_file "$GRUB_SETTINGS_FILE" print_grub_settings_file ;;
    *) edit_file /etc/default/grub print_with_grub_block ;;
  esac
  [ ! -s /etc/kernel/cmdline ] || edit_file /etc/kernel/cmdline print_kernel_command_line
}
