# shellcheck shell=sh
# No pattern is expanded anywhere, unless a function says so; collation and messages do not depend on the machine's language.
set -uf
umask 022
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
# What is looked at before it is set comes from nowhere else; grep of EL7 adds options of its own.
unset short_way copies_all boots_any os_id os_version arch kernel crashkernel_wanted free_bytes needed_bytes lock_waits GREP_OPTIONS
