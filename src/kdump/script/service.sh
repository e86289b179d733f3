# shellcheck shell=sh
# The kdump service, under systemd or, on Amazon Linux 1, SysV init.

service_is_enabled() {
  if [ "$init" = systemd ]; then
    tool systemctl is-enabled --quiet "$service"
  else
    tool chkconfig "$service"
  fi
}

# switch_service on|off: at boot.
switch_service() {
  if [ "$init" = systemd ]; then
    case $1 in
      on) tool systemctl enable "$service" ;;
      off) tool systemctl disable "$service" ;;
    esac
  else
    tool chkconfig "$service" "$1"
  fi
}

# service_verb VERB: starting builds an initramfs the first time, which takes minutes on a small machine.
service_verb() {
  if [ "$init" = systemd ]; then
    tool timeout 600 systemctl "$1" "$service"
  else
    tool timeout 600 service "$service" "$1"
  fi
}

enable_service() {
  ! service_is_enabled || return 0
  record service "$service" off
  switch_service on || fail "The service $service could not be enabled." 'See standard error; is it masked?'
  note_change "service $service enabled"
}
