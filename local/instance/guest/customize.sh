# Completes the instance's root file system. mmdebstrap runs it with the root as $1 when all packages are installed.
set -eu
root=$1
chmod 755 "$root/sbin/install-boot-loader"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
kernel=$(basename "$root"/lib/modules/*)

# The hang module is built against the kernel's own headers; the compiler goes again. Without its source, this machine needs none.
if [ -d "$root/usr/src/hang" ]; then
  dpkg-query --admindir "$root/var/lib/dpkg" --show --showformat '${Package}\n' | sort > "$root/tmp/before"
  chroot "$root" apt-get install --yes --no-install-recommends "linux-headers-$kernel" make
  chroot "$root" make -C "/lib/modules/$kernel/build" M=/usr/src/hang modules
  install -D -m 644 "$root/usr/src/hang/cdi_hang.ko" "$root/lib/modules/$kernel/extra/cdi_hang.ko"
  dpkg-query --admindir "$root/var/lib/dpkg" --show --showformat '${Package}\n' | sort > "$root/tmp/after"
  # shellcheck disable=SC2046 # one word per package is meant
  chroot "$root" apt-get purge --yes $(comm -13 "$root/tmp/before" "$root/tmp/after")
  rm -rf "$root/usr/src/hang" "$root/tmp/before" "$root/tmp/after"
fi
chroot "$root" depmod "$kernel"

# What a kdump set-up installs lies on the disk as a package repository: apt-get in the machine is real and needs no network.
packages=$root/opt/packages
mkdir -p "$packages"
chroot "$root" apt-get clean
chroot "$root" apt-get install --yes --download-only --no-install-recommends kdump-tools makedumpfile
for file in "$root"/var/cache/apt/archives/*.deb; do
  install -m 644 "$file" "$packages/$(dpkg-deb --field "$file" Package).deb"
done
chroot "$root" apt-get clean
for file in "$packages"/*.deb; do
  dpkg-deb --field "$file"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' \
    "${file##*/}" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d ' ' -f 1)"
done > "$packages/Packages"
rm -f "$root"/etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/opt/packages ./' > "$root/etc/apt/sources.list"

# Two thirds of update-grub's time go into looking for what is not here.
chmod -x "$root/etc/grub.d/20_linux_xen" "$root/etc/grub.d/30_os-prober" "$root/etc/grub.d/30_uefi-firmware"

# Boot: what this machine's disk and file system need, and no service that it has no use for.
echo instance > "$root/etc/hostname"
printf '127.0.0.1 localhost instance\n' > "$root/etc/hosts"
rm -f "$root/etc/resolv.conf"
printf 'virtio_pci\nvirtio_blk\next4\n' >> "$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u -k "$kernel"
chroot "$root" systemd-machine-id-setup
chroot "$root" systemctl enable systemd-networkd.service cdi-agent.service cdi-metrics.service
chroot "$root" systemctl disable systemd-networkd-wait-online.service
chroot "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer \
  e2scrub_reap.service getty@tty1.service getty-static.service systemd-pstore.service dev-hugepages.mount dev-mqueue.mount \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
  modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service \
  modprobe@loop.service
