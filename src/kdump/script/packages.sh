# shellcheck shell=sh
# The packages that kdump needs, and the package manager's locks.

# lock_is_held FILE: dpkg, apt and rpm take POSIX record locks, which flock(1) does not see; /proc/locks shows them, by inode.
lock_is_held() {
  [ -e "$1" ] || return 1
  inode=$(stat -c %i "$1") || return 1
  while IFS= read -r line; do
    case $line in *":$inode "*) return 0 ;; esac
  done < /proc/locks
  return 1
}

package_manager_is_busy() {
  case $family in
    debian) locks='/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock' ;;
    amazon2)
      locks=/var/lib/rpm/.rpm.lock
      first_line /var/run/yum.pid
      if [ -n "$line" ] && [ -d "/proc/$line" ]; then
        return 0
      fi
      ;;
  esac
  for lock in $locks; do
    if lock_is_held "$lock"; then
      return 0
    fi
  done
  return 1
}

# At first boot cloud-init and unattended-upgrades hold the locks for minutes. Ten minutes are the bound.
wait_for_package_manager() {
  waits=0
  while package_manager_is_busy; do
    waits=$((waits + 1))
    [ "$waits" -le 60 ] || fail 'Another process held the lock of the package manager for ten minutes.' \
      'Find out which (ps, /proc/locks); the next run tries again.'
    sleep 10
  done
}

debian_packages_are_installed() {
  # shellcheck disable=SC2016
  [ "$(dpkg-query -W -f='${db:Status-Status} ' kdump-tools makedumpfile 2> /dev/null)" = 'installed installed ' ]
}

# makedumpfile is only recommended by kdump-tools since Debian 12, and without it the dump has 0 bytes. The other recommended
# packages are hundreds of megabytes that nobody needs on the instance.
install_debian_packages() {
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
    --no-install-recommends install kdump-tools makedumpfile
  debian_packages_are_installed || fail 'kdump-tools and makedumpfile could not be installed.' \
    'See what apt-get wrote to standard error: network, sources, space, or another run of apt.'
}

# yum waits for its lock without end unless it is told to exit.
install_amazon2_packages() {
  tool yum -y --setopt=exit_on_lock=1 install kexec-tools
  rpm -q --quiet kexec-tools || fail 'kexec-tools could not be installed.' \
    'See what yum wrote to standard error: network, repositories, space, or another run of yum.'
}

install_packages() {
  case $family in
    debian)
      ! debian_packages_are_installed || return 0
      wait_for_package_manager
      install_debian_packages
      note_change 'packages kdump-tools makedumpfile'
      ;;
    amazon2)
      ! rpm -q --quiet kexec-tools || return 0
      wait_for_package_manager
      install_amazon2_packages
      note_change 'package kexec-tools'
      ;;
  esac
}
