# shellcheck shell=sh
# The outcome as custom inventory of Systems Manager: the agent collects the file, and the whole fleet can be queried.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/inventory-custom.html

# find_inventory_file: its name in $inventory_file, empty where no agent keeps inventory. An image that was made of an instance brings that one's
# directory along, which is older.
find_inventory_file() {
  newest=
  set +f
  for directory in /var/lib/amazon/ssm/i-* /var/lib/amazon/ssm/mi-*; do
    if [ -d "$directory" ] && { [ -z "$newest" ] || [ "$directory" -nt "$newest" ]; }; then
      newest=$directory
    fi
  done
  set -f
  inventory_file=${newest:+$newest/inventory/custom/cdk-diagnostic-interrupt.json}
}

# print_inventory STATE CAUSE. Every value is text, and none changes from run to run: a converged machine writes nothing.
print_inventory() {
  object=
  member State string "$1"
  member Cause string "$2"
  member Kernel string "${kernel:-}"
  member CrashkernelWanted string "${crashkernel_wanted:-$CRASHKERNEL}"
  member CrashkernelSeen string "${crashkernel_seen:-}"
  first_line /sys/kernel/kexec_crash_size
  member ReservedBytes string "$line"
  first_line /proc/sys/kernel/unknown_nmi_panic
  member UnknownNmiPanic string "$line"
  member LastDump string "$last_dump"
  member ProgramVersion string "$PROGRAM_VERSION"
  printf '{"SchemaVersion":"1.0","TypeName":"Custom:Kdump","Content":{%s}}\n' "$object"
}

# keep_inventory STATE CAUSE: no state depends on whether that works.
keep_inventory() {
  find_inventory_file
  [ -n "$inventory_file" ] || return 0
  if [ "$1" = reverted ]; then
    rm -f "$inventory_file"
  else
    is_already "$inventory_file" print_inventory "$1" "$2" || write_file "$inventory_file" print_inventory "$1" "$2" ||
      printf '%s\n' "$inventory_file could not be written." >&2
  fi
}
