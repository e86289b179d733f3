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
# The first mebibyte holds the partition table and, of a PC, GRUB. For UEFI the firmware's partition is the 15th, as on cloud images;
# the set-up boot makes its file system.
if [ -d "$work/root/usr/lib/grub/arm64-efi" ]; then
  mebibytes=4000
  echo 'LABEL=EFI /boot/efi vfat umask=0077 0 0' >> "$work/root/etc/fstab"
  mkdir "$work/root/boot/efi"
  printf '1: start=2048, size=%s, type=L\n15: size=131072, type=U\n' "$((mebibytes * 2048))" |
    sfdisk --quiet --label gpt "$work/disk" >&2
else
  mebibytes=4095
  echo 'start=2048, type=83, bootable' | sfdisk --quiet --label dos "$work/disk" >&2
fi
# Initialised tables, else the machine's kernel does it at its leisure.
mke2fs -q -t ext4 -U "$uuid" -L root -N 131072 -d "$work/root" -E offset=1048576,lazy_itable_init=0,lazy_journal_init=0 \
  "$work/disk" $((mebibytes * 1024))k >&2
qemu-img convert -O qcow2 "$work/disk" "$work/disk.qcow2"
cat "$work/disk.qcow2"
