# shellcheck shell=sh
# Which system this is, and what its vendor calls things.

# detect_family: by what the system says that it is, or is like, in the releases that the tests have. In doubt there is none: testing and
# unstable of Debian have no version.
detect_family() {
  family=
  release=${os_version%%.*}
  case " $os_id $os_like " in
    ' amzn '*) case $release in 2018 | 2 | 2023) family=amazon ;; esac ;;
    *' ubuntu '*) case $os_version in 18.04 | 2[0246].04) family=debian ;; esac ;;
    *' debian '*) case $os_version in 1[123]) family=debian ;; esac ;;
    *' rhel '* | *' centos '* | ' rocky '* | ' almalinux '* | ' ol '*) case $release in [789] | 10) family=enterprise ;; esac ;;
    ' sles '* | ' sles_sap '* | ' opensuse-leap '*) case $release in 12 | 15 | 16) family=suse ;; esac ;;
  esac
}

# detect_tools: the vendor's commands, packages and files. GRUB is called grub2 everywhere but on Debian, whose own reads
# /etc/default/grub.d as well.
detect_tools() {
  service=kdump mkconfig=grub2-mkconfig script_check=grub2-script-check editenv=grub2-editenv
  settings_file=/etc/kdump.conf settings_form=options packager=yum packages=kexec-tools init=systemd
  case $family:$release in
    debian:*)
      service=kdump-tools mkconfig=grub-mkconfig script_check=grub-script-check
      settings_file=/etc/default/kdump-tools settings_form=assignments
      packager=apt-get packages='kdump-tools makedumpfile'
      ;;
    suse:*) settings_file=/etc/sysconfig/kdump settings_form=assignments packager=zypper packages=kdump ;;
    amazon:2018) init=sysv ;;
    enterprise:10) packages='kdump-utils makedumpfile kexec-tools' ;;
  esac
  if [ "$packager" = yum ] && has dnf; then
    packager=dnf
  fi
}

# kernel_is_built_with OPTION...
kernel_is_built_with() {
  for option in "$@"; do
    grep -qsx "$option" "/boot/config-$kernel" || return 1
  done
}

# detect_copy: makedumpfile, up to 1.7.8, knows no addresses of 52 bits in pages of 4 KiB, as Debian 13 builds its kernel for arm64: it writes
# nothing, which kdump-tools does not notice. Without makedumpfile kdump-tools copies all of the memory as it is. One that can read this
# kernel reads it now.
detect_copy() {
  [ "$family:$arch" = debian:aarch64 ] && kernel_is_built_with CONFIG_ARM64_VA_BITS=52 CONFIG_ARM64_4K_PAGES=y || return 0
  ! has makedumpfile || ! tool makedumpfile --mem-usage /proc/kcore > /dev/null || return 0
  copies_all=yes packages=kdump-tools
  note 'No makedumpfile is known that reads the memory of this kernel (52 bit addresses, pages of 4 KiB): a dump is a copy of all of it.'
}

detect_system() {
  read_os_release
  read_kernel
  arch=$(uname -m)
  detect_family
  detect_tools
  find_capture_file
  detect_copy
}
