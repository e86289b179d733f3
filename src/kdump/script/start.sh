# shellcheck shell=sh
# No pattern is expanded anywhere, unless a function says so; collation and messages do not depend on the machine's language.
set -uf
umask 022
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
