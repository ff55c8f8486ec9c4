import { shell } from './shell-text.ts';

/**
 * What a shell learns of its machine when it begins, and says of it. Each new channel begins like this, and a process
 * costs more than all else here together: nothing is started that a file or a builtin can tell, and what stat and sleep
 * are able to is looked at when they are first needed.
 */
export const HELLO = shell`
octo_hello() {
  octo_id=$1 octo_root=$2 octo_prefix=$3 octo_count=0 octo_ready=
  umask 077
  octo_proc= octo_boot= octo_fine=? octo_stat_by=? octo_stop= octo_known=
  case $octo_root in /*) ;; *) octo_root=@{HOME:-.}/$octo_root ;; esac
  [ -d "$octo_root/f" ] || mkdir -p "$octo_root/t" "$octo_root/w" "$octo_root/m" "$octo_root/f" 2>/dev/null
  [ -w "$octo_root/t" ] && cd -P "$octo_root" && octo_root=$PWD && cd / || { octo_say 0 "no-room"; return; }
  if [ -r /proc/self/stat ]; then
    octo_proc=1
    read -r octo_boot < /proc/sys/kernel/random/boot_id
  fi
  octo_find setsid; octo_setsid=$octo_found
  octo_find bash; octo_bash=$octo_found
  octo_print=none
  PATH= printf '' 2>/dev/null && octo_print=builtin
  octo_libc=
  for octo_f in /lib/ld-musl-*; do [ -e "$octo_f" ] && octo_libc=musl; done
  octo_system=
  read -r octo_system 2>/dev/null < /proc/sys/kernel/arch
  case $octo_system in
    x86_64|aarch64) octo_system="Linux $octo_system" ;;
    *) octo_system=$(uname -sm) ;;
  esac
  trap 'octo_stop=1' USR1
  trap octo_tidy EXIT
  trap 'exit 1' HUP TERM PIPE # by which EXIT alone is not reached: an answer into a dead connection is a PIPE
  exec 3<&0
  octo_say 0 "$octo_system @{octo_libc:-libc} $octo_print @{octo_bash:-none} $octo_root"
}
octo_find() {
  octo_found=
  IFS=:
  set -f
  for octo_f in $PATH; do
    if [ -f "@{octo_f:-.}/$1" ] && [ -x "@{octo_f:-.}/$1" ]; then octo_found=@{octo_f:-.}/$1; break; fi
  done
  set +f
  unset IFS
  [ -n "$octo_found" ] || octo_found=$(command -v "$1")
}
octo_learn_sleep() {
  octo_fine=
  sleep 0.001 2>/dev/null && octo_fine=1
}
octo_learn_stat() {
  octo_stat_by=
  set -- $(stat -c '%.3Y %Y %y' / 2>/dev/null)
  case @{2:-none} in
    *[!0-9]*) case $(stat -f '%z' / 2>/dev/null) in *[!0-9]*|'') ;; *) octo_stat_by=bsd ;; esac ;;
    *)
      octo_stat_by=plain
      case $4 in *:*.*) octo_stat_by=busybox ;; esac
      case $1 in *[!0-9.]*) ;; *.*) octo_stat_by=gnu ;; esac
      ;;
  esac
}
`;
