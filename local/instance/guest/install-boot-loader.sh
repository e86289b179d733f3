#!/bin/sh
# The first process of the set-up boot: installs the real GRUB on the disk that it was started from, then powers off.
mount -t proc proc /proc
mount -o remount,rw /
if [ -d /boot/efi ]; then
  mkfs.vfat -n EFI /dev/vda15
  mount /dev/vda15 /boot/efi
  # Where the firmware looks without having been told: it keeps no settings here.
  options='--removable --no-nvram'
else
  options=/dev/vda
fi
# shellcheck disable=SC2086 # one word per option is meant
if grub-install $options && update-grub; then
  rm /sbin/install-boot-loader
  echo 'boot loader installed'
fi
sync
echo u > /proc/sysrq-trigger
echo o > /proc/sysrq-trigger
sleep 60
