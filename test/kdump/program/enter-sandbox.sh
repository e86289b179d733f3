#!/bin/sh
# enter-sandbox.sh ROOT COMMAND...: runs COMMAND in ROOT with this system's /usr below /host, and with ROOT's own kernel settings.
# Expects to be process 1 of new mount, process and IPC namespaces.
set -eu
root=$1
shift
mount --rbind /usr "$root/host/usr"
mount -o remount,bind,ro "$root/host/usr" 2> /dev/null || :
mount -t proc proc "$root/proc"
# kernel.panic is played by a number that belongs to the namespace, because the kernel's numbers are no files: a read that is not the
# first one gets nothing, so that whoever reads byte by byte sees the first digit alone.
cat "$root/kernel/sys/kernel/panic" > "$root/proc/sys/kernel/msgmni"
mount --bind "$root/proc/sys/kernel/msgmni" "$root/kernel/sys/kernel/panic"
# Nothing below can reach this system's kernel settings.
mount --rbind "$root/kernel/sys" "$root/proc/sys"
mount --bind "$root/kernel/cmdline" "$root/proc/cmdline"
mount --bind "$root/kernel/meminfo" "$root/proc/meminfo"
[ ! -e "$root/kernel/kallsyms" ] || mount --bind "$root/kernel/kallsyms" "$root/proc/kallsyms"
mount --bind /dev/null "$root/dev/null"
# A line "read-only DIRECTORY", or "full DIRECTORY KIB INODES": as much is free there, to the page.
filled=
while read -r kind directory kib inodes; do
  case $kind in
    read-only)
      mount --bind "$root$directory" "$root$directory"
      mount -o remount,bind,ro "$root$directory"
      ;;
    full)
      filled=$root$directory
      mount -t tmpfs tmpfs "$root/filled"
      chmod --reference="$filled" "$root/filled"
      cp -a "$filled/." "$root/filled"
      kib=$((kib + $(df -k --output=used "$root/filled" | tail -n 1)))
      inodes=$((inodes + $(df --output=iused "$root/filled" | tail -n 1)))
      mount -o "remount,size=${kib}k,nr_inodes=$inodes" "$root/filled"
      mount --bind "$root/filled" "$filled"
      ;;
  esac
done < "$root/stand-in/surroundings"
status=0
chroot "$root" /usr/bin/env -i HOME=/root LANG=C "$@" || status=$?
panic=$(cat "$root/kernel/sys/kernel/panic")
umount "$root/kernel/sys/kernel/panic"
echo "$panic" > "$root/kernel/sys/kernel/panic"
if [ -n "$filled" ]; then
  umount "$filled"
  find "$filled" -mindepth 1 -delete
  cp -a "$root/filled/." "$filled"
fi
exit "$status"
