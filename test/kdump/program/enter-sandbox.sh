#!/bin/sh
# enter-sandbox.sh ROOT COMMAND...: runs COMMAND in ROOT with this system's /usr below /host, and with ROOT's own kernel settings.
# Expects to be process 1 of a new mount and process namespace.
set -eu
root=$1
shift
mount --rbind /usr "$root/host/usr"
mount -o remount,bind,ro "$root/host/usr" 2> /dev/null || :
mount -t proc proc "$root/proc"
# Nothing below can reach this system's kernel settings.
mount --bind "$root/kernel/sys" "$root/proc/sys"
mount --bind "$root/kernel/cmdline" "$root/proc/cmdline"
mount --bind /dev/null "$root/dev/null"
exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C "$@"
