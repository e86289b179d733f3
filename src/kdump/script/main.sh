# shellcheck shell=sh
# The steps in their order. Nothing is changed before the refusals have been passed.

# State Manager runs one association after the other, but a command by hand may come in between.
wait_for_other_run() {
  has flock || return 0
  # A shell ends when `exec` cannot open a file. Without a lock it is as it is without flock.
  mkdir -p "$RUN_DIRECTORY" && true >> "$RUN_DIRECTORY/lock" || return 0
  exec 8>> "$RUN_DIRECTORY/lock"
  flock -w 600 8 || fail 'Another run of this program has been at work for ten minutes.' 'Wait for it, or find out what it waits for.'
}

report_outcome() {
  if [ "$crashkernel_seen" != "$crashkernel_wanted" ]; then
    ! boots_foreign_entry || fail "The kernel was booted by an entry of GRUB that gets no crashkernel=$crashkernel_wanted from $mkconfig: a reboot would not help." \
      'Put it into that entry (/etc/grub.d/40_custom), or have another one booted (GRUB_DEFAULT).'
    require_reboot "crashkernel=$crashkernel_wanted for $kernel" \
      "The kernel was booted with crashkernel='$crashkernel_seen' and will be with '$crashkernel_wanted' from the next boot."
  fi
  if ! memory_is_reserved; then
    finish insufficient-memory "The kernel was booted with crashkernel=$crashkernel_wanted and reserved no memory for it." \
      'Take an explicit size that fits this instance (CrashKernel.size), or a larger instance: a table reserves nothing below its first range.'
  fi
  if ! crash_kernel_is_loaded; then
    finish reserved-not-loaded "Memory is reserved, but the service $service did not load the crash kernel." \
      "See the service's log (journalctl -u $service). With Secure Boot the kernel must be signed."
  fi
  if reload_is_pending; then
    require_reboot "$settings_file $(cksum < "$APPLIED_FILE")" \
      "$settings_file was changed, and kernel.kexec_load_disabled=1 forbids to load the crash kernel again before the next boot."
  fi
  refuse_low_disk
  finish_armed
}

sweep_boot_loader() {
  # shellcheck disable=SC2086
  sweep_boot_files $grub_configurations $legacy_configuration "$(readlink -f /boot/grub2/grubenv)"
  with_boot_entries sweep_boot_files
}

configure() {
  install_packages
  decide_crashkernel
  crashkernel_words "$crashkernel_wanted"
  decide_settings
  record_reservation
  record_applied
  configure_grub_settings
  configure_boot_entries
  configure_grub_configurations
  configure_sysctl
  configure_kdump
  rm -f "$APPLIED_FILE.old"
  arm
  report_outcome
}

main() {
  detect_system
  refuse_capture_kernel
  refuse_unsupported_system
  if [ "$ACTION" = revert ]; then
    wait_for_other_run
    sweep_boot_loader
    revert
  fi
  refuse_hardened_kernel
  wait_for_other_run
  sweep_boot_loader
  configure
}

main
