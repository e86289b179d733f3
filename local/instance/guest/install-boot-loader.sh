#!/bin/sh
# The first process of the set-up boot: installs the real GRUB on the disk that it was started from, then powers off.
mount -t proc proc /proc
mount -o remount,rw /
if grub-install /dev/vda && update-grub; then
  rm /sbin/install-boot-loader
  echo 'boot loader installed'
fi
sync
echo u > /proc/sysrq-trigger
echo o > /proc/sysrq-trigger
sleep 60
