# shellcheck shell=sh
# The packages that kdump needs, and the package manager's locks.

# lock_is_held FILE: dpkg, apt and rpm take POSIX record locks, which flock(1) does not see; /proc/locks shows them, by inode. Others are
# not looked at, which belong to other file systems where the same number is another file.
lock_is_held() {
  [ -e "$1" ] || return 1
  inode=$(stat -c %i "$1") || return 1
  while IFS= read -r line; do
    case $line in *POSIX*":$inode "*) return 0 ;; esac
  done < /proc/locks
  return 1
}

# process_lives FILE: yum, dnf and zypper write their process id into a file.
process_lives() {
  first_line "$1"
  case $line in '' | *[!0-9]*) return 1 ;; esac
  [ -d "/proc/$line" ]
}

package_manager_is_busy() {
  case $packager in
    apt-get) locks='/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock' ;;
    *) locks=/var/lib/rpm/.rpm.lock ;;
  esac
  for lock in $locks; do
    if lock_is_held "$lock"; then
      return 0
    fi
  done
  for lock in /var/run/yum.pid /var/lib/dnf/rpmdb_lock.pid /var/cache/dnf/metadata_lock.pid /var/cache/dnf/download_lock.pid \
    /var/run/zypp.pid; do
    if process_lives "$lock"; then
      return 0
    fi
  done
  return 1
}

# At first boot cloud-init and unattended-upgrades hold the locks for minutes. Ten minutes are the bound of all waits together.
wait_for_package_manager() {
  while package_manager_is_busy; do
    lock_waits=$((${lock_waits:-0} + 1))
    [ "$lock_waits" -le 60 ] || fail 'Another process held the lock of the package manager for ten minutes.' \
      'Find out which (ps, /proc/locks); the next run tries again.'
    sleep 10
  done
}

# shellcheck disable=SC2086
packages_are_installed() {
  case $packager in
    apt-get)
      # shellcheck disable=SC2016
      for state in $(dpkg-query -W -f='${Status} ' $packages 2> /dev/null || echo missing); do
        case $state in install | hold | ok | installed) ;; *) return 1 ;; esac
      done
      ;;
    *) rpm -q --quiet $packages ;;
  esac
}

# makedumpfile is only recommended by kdump-tools since Debian 12, and without it the dump has 0 bytes. The other recommended
# packages are hundreds of megabytes that nobody needs on the instance.
# shellcheck disable=SC2086
install_by_apt() {
  # needrestart would restart services that are none of our business.
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
  printf '%s\n' 'kdump-tools kdump-tools/use_kdump boolean true' 'kexec-tools kexec-tools/load_kexec boolean false' |
    debconf-set-selections || fail 'The answers for debconf could not be set.' 'See standard error.'
  # apt refuses to work while the journal of an interrupted dpkg lies there, for example after a power loss.
  if [ -n "$(ls -A /var/lib/dpkg/updates 2> /dev/null)" ]; then
    tool dpkg --force-confdef --force-confold --configure -a
  fi
  # A source that does not answer is no reason to give up: the packages may be known already.
  tool apt-get -q -o DPkg::Lock::Timeout=300 update
  tool apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    --no-install-recommends install $packages
}

# yum and dnf wait for their lock without end unless they are told to exit; zypper is told how long to wait.
# shellcheck disable=SC2086
install_packages() {
  ! packages_are_installed || return 0
  wait_for_package_manager
  case $packager in
    apt-get) install_by_apt ;;
    zypper) ZYPP_LOCK_TIMEOUT=300 tool zypper --non-interactive install --no-recommends $packages ;;
    *) tool "$packager" -y --setopt=exit_on_lock=1 install $packages ;;
  esac
  packages_are_installed || fail "The packages could not be installed: $packages." \
    "See what $packager wrote to standard error: network, repositories, space, or another run of it."
  note_change "packages $packages"
}
