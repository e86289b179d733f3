# shellcheck shell=sh
# The outcome as custom inventory of Systems Manager: the agent collects the file, and the whole fleet can be queried.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/inventory-custom.html

# find_inventory_file: its name in $inventory_file, empty where no agent keeps inventory.
find_inventory_file() {
  inventory_file=
  set +f
  for directory in /var/lib/amazon/ssm/i-* /var/lib/amazon/ssm/mi-*; do
    [ ! -d "$directory" ] || inventory_file=$directory/inventory/custom/cdk-diagnostic-interrupt.json
  done
  set -f
}

# print_inventory STATE CAUSE. Every value is text, and none changes from run to run: a converged machine writes nothing.
print_inventory() {
  printf '{"SchemaVersion":"1.0","TypeName":"Custom:Kdump","Content":{'
  printf '"State":%s,"Cause":%s' "$(json_string "$1")" "$(json_string "$2")"
  printf ',"Kernel":%s' "$(json_string "${kernel:-}")"
  printf ',"CrashkernelWanted":%s' "$(json_string "${crashkernel_wanted:-$CRASHKERNEL}")"
  printf ',"CrashkernelSeen":%s' "$(json_string "${crashkernel_seen:-}")"
  first_line /sys/kernel/kexec_crash_size
  printf ',"ReservedBytes":"%s"' "$(json_number "$line")"
  first_line /proc/sys/kernel/unknown_nmi_panic
  printf ',"UnknownNmiPanic":"%s"' "$(json_number "$line")"
  printf ',"LastDump":%s,"ProgramVersion":%s}}\n' "$(json_string "$last_dump")" "$(json_string "$PROGRAM_VERSION")"
}

# write_inventory STATE CAUSE: no state depends on whether that works.
write_inventory() {
  find_inventory_file
  [ -n "$inventory_file" ] || return 0
  is_already "$inventory_file" print_inventory "$1" "$2" || write_file "$inventory_file" print_inventory "$1" "$2" ||
    printf '%s\n' "$inventory_file could not be written." >&2
}

remove_inventory() {
  find_inventory_file
  [ -z "$inventory_file" ] || rm -f "$inventory_file"
}
