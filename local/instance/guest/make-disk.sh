# Turns the root file system, a tar archive on standard input, into a partitioned qcow2 disk on standard output.
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir "$work/root"
tar -x --numeric-owner --exclude './dev/*' -C "$work/root" -f -
uuid=$(cat /proc/sys/kernel/random/uuid)
echo "UUID=$uuid / ext4 errors=remount-ro 0 1" > "$work/root/etc/fstab"
truncate -s 4G "$work/disk"
echo 'start=2048, type=83, bootable' | sfdisk --quiet --label dos "$work/disk" >&2
# The first mebibyte holds the partition table and GRUB. Initialised tables, else the machine's kernel does it at its leisure.
mke2fs -q -t ext4 -U "$uuid" -L root -N 131072 -d "$work/root" -E offset=1048576,lazy_itable_init=0,lazy_journal_init=0 \
  "$work/disk" $((4095 * 1024))k >&2
qemu-img convert -O qcow2 "$work/disk" "$work/disk.qcow2"
cat "$work/disk.qcow2"
