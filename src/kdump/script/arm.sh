# shellcheck shell=sh
# Loading the crash kernel into the reserved memory. Only /sys/kernel/kexec_crash_loaded says whether that worked: the service of
# Debian exits 0 when it did not, and that of the Red Hat family is skipped, or still "active" from an earlier start.

# serve VERB: and wait a moment for what the service leaves to others.
serve() {
  note_change "service $service: $1"
  service_verb "$1"
  waits=0
  while ! crash_kernel_is_loaded && [ "$waits" -lt 5 ]; do
    waits=$((waits + 1))
    sleep 1
  done
  crash_kernel_is_loaded
}

# `start` waits for a start that is under way since boot, which `restart` would break off; `restart` is for a service that is
# "active" with nothing loaded.
load_crash_kernel() {
  if reload_is_pending; then
    serve restart
  else
    crash_kernel_is_loaded || serve start || serve restart
  fi
}

arm() {
  memory_is_reserved || return 0
  # Loaded before it was disabled: what is loaded stays, and nothing else can be loaded before the next boot.
  ! kexec_is_disabled || return 0
  if load_crash_kernel; then
    [ ! -e "$RELOAD_NOTE" ] || rm -f "$RELOAD_NOTE"
  elif [ "$init" = systemd ]; then
    systemctl --no-pager --full status "$service" 8>&- 9>&-
  fi
}
