# shellcheck shell=sh
# grub.cfg: where it is, and making it anew from GRUB's settings.

# grub_configuration_kind FILE: "entries" when it boots by files of the Boot Loader Specification, "kernels" when it names kernels, or
# nothing (the stub of an EFI system partition, which leads to another grub.cfg).
grub_configuration_kind() {
  awk '
    $1 == "blscfg" { entries = 1 }
    $1 ~ /^linux(16|efi)?$/ { kernels = 1 }
    END { print entries ? "entries" : kernels ? "kernels" : "" }' "$1"
}

# find_boot_loader: $grub_configurations are made by grub-mkconfig, $boot_entries is yes where files in /boot/loader/entries count, and
# $legacy_configuration is that of GRUB 0.97. Debian and Ubuntu boot by one file on every platform; the others have a link for BIOS and
# one for UEFI, and may have both.
find_boot_loader() {
  grub_configurations='' boot_entries='' legacy_configuration=''
  case $family in
    debian) candidates=/boot/grub/grub.cfg ;;
    *) candidates='/etc/grub2.cfg /etc/grub2-efi.cfg /boot/grub2/grub.cfg' ;;
  esac
  for candidate in $candidates; do
    candidate=$(readlink -f "$candidate") || continue
    [ -f "$candidate" ] || continue
    case " $grub_configurations " in *" $candidate "*) continue ;; esac
    case $(grub_configuration_kind "$candidate") in
      kernels) grub_configurations="$grub_configurations $candidate" ;;
      entries) ! with_boot_entries has_any || boot_entries=yes ;;
    esac
  done
  boot_loader_files="$grub_configurations$boot_entries"
  if [ -z "$boot_loader_files" ] && [ -f /boot/grub/grub.conf ]; then
    legacy_configuration=$(readlink -f /boot/grub/grub.conf)
    boot_loader_files=$legacy_configuration
  fi
}

# grub_configuration_carries FILE: does it boot a kernel with the wanted value? $boots_any is set to ask for any kernel.
grub_configuration_carries() {
  awk -v wanted="$crashkernel_wanted" -v any="${boots_any:-}" "$CRASHKERNEL_AWK"'
    $1 ~ /^linux(16|efi)?$/ && (any || counting($0) == wanted) { found = 1; exit }
    END { exit !found }' "$1"
}

# unfinished_kernels OLD NEW: what NEW boots without an initramfs, and OLD does not: among others, a kernel whose package is unpacked and no
# more. Ubuntu (GRUB_FORCE_PARTUUID) boots without and with one by the same entry. Microcode alone is none.
unfinished_kernels() {
  awk '
    function end_entry() {
      if (kernel != "" && !loads && !known[kernel]++ && files == 2) print kernel
      kernel = loads = ""
    }
    FNR == 1 { end_entry(); files++ }
    $1 == "menuentry" || $1 == "submenu" { end_entry() }
    $1 ~ /^linux(16|efi)?$/ { kernel = $2 }
    $1 ~ /^initrd(16|efi)?$/ { for (i = 2; i <= NF; i++) if ($i !~ /(code|-uc)\.(img|cpio)$/) loads = 1 }
    END { end_entry() }' "$1" "$2"
}

# give_up FILE CAUSE REMEDY: what lies beside it does not take its place.
give_up() {
  abandon_beside "$1"
  fail "$2; $1 is unchanged." "$3"
}

# grub-mkconfig -o (and so update-grub) copies the new text into the live file: a power loss in between leaves half of it. So it
# writes to standard output here, and what it wrote is checked before it takes the live file's place. Kernels that are just being installed
# would be in it, and those that are installed meanwhile would not.
regenerate_grub_configuration() {
  until
    wait_for_package_manager
    if ! begin_beside "$1" || ! tool "$mkconfig" > "$beside"; then
      give_up "$1" "$mkconfig failed" "See standard error, and run $mkconfig by hand."
    fi
    ! package_manager_is_busy
  do :; done
  if has "$script_check" && ! tool "$script_check" "$beside"; then
    give_up "$1" "$mkconfig wrote a configuration that $script_check refuses" 'Look for errors in /etc/default/grub and /etc/grub.d.'
  fi
  if ! grub_configuration_carries "$beside"; then
    give_up "$1" "$mkconfig wrote no kernel with ${boots_any:-crashkernel=$crashkernel_wanted}" \
      'Something overrides GRUB_CMDLINE_LINUX_DEFAULT: look into /etc/default/grub, /etc/default/grub.d and /etc/grub.d.'
  fi
  unfinished=$(unfinished_kernels "$1" "$beside")
  [ -z "$unfinished" ] || give_up "$1" "$mkconfig wrote an entry without an initramfs for $unfinished" \
    "Finish its installation (dpkg --configure -a, yum, zypper) or remove it; if it needs none, run $mkconfig by hand."
  if cmp -s "$beside" "$1"; then
    abandon_beside "$1"
  elif ! switch_boot_files "$1"; then
    sweep_boot_files "$1"
    fail "$1 could not be replaced." 'See standard error: a full or read-only file system is the usual reason.'
  fi
}

# One entry with the value is enough, since not every entry of others is made by grub-mkconfig; but where this boot came without it, the entry
# that boots may have lost it. That is mended once in a boot.
MENDED_NOTE=$RUN_DIRECTORY/mended

configure_grub_configurations() {
  [ -n "$grub_configurations" ] || return 0
  mend=
  [ "$crashkernel_seen" = "$crashkernel_wanted" ] || [ -e "$MENDED_NOTE" ] || mend=yes
  for configuration in $grub_configurations; do
    if [ -n "$mend" ] || ! grub_configuration_carries "$configuration"; then
      regenerate_grub_configuration "$configuration"
    fi
  done
  [ -z "$mend" ] || true > "$MENDED_NOTE"
}

# boots_foreign_entry: has a grub.cfg that is as it should be the very command line of this boot still? It is somebody's own entry, or one for a
# recovery.
boots_foreign_entry() {
  [ -n "$grub_configurations" ] || return 1
  first_line /proc/cmdline
  # shellcheck disable=SC2086
  awk -v now="${line#BOOT_IMAGE=}" '
    BEGIN { $0 = now; $1 = $1; now = $0 }
    $1 ~ /^linux(16|efi)?$/ { $1 = ""; if (substr($0, 2) == now) found = 1 }
    END { exit !found }' $grub_configurations
}
