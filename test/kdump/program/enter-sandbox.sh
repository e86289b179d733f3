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
mount --bind /dev/null "$root/dev/null"
status=0
chroot "$root" /usr/bin/env -i HOME=/root LANG=C "$@" || status=$?
panic=$(cat "$root/kernel/sys/kernel/panic")
umount "$root/kernel/sys/kernel/panic"
echo "$panic" > "$root/kernel/sys/kernel/panic"
exit "$status"
