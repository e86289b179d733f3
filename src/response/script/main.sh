# shellcheck shell=sh
main() {
  check_dump_path
  case $ACTION in
    list) list_dump ;;
    send) send_dump ;;
    remove) remove_dump ;;
    *) refuse 'The parameter Action is not allowed.' ;;
  esac
}

main
