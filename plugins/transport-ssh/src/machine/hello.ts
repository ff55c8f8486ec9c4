import { shell } from './shell-text.ts';

/** What a shell learns of its machine when it begins, and says of it. */
export const HELLO = shell`
octo_hello() {
  octo_id=$1 octo_root=$2 octo_prefix=$3 octo_count=0 octo_ready=
  umask 077
  octo_proc= octo_boot= octo_fine= octo_stat_by= octo_stop= octo_known=
  case $octo_root in /*) ;; *) octo_root=@{HOME:-.}/$octo_root ;; esac
  [ -d "$octo_root/f" ] || mkdir -p "$octo_root/t" "$octo_root/w" "$octo_root/m" "$octo_root/f" 2>/dev/null
  [ -w "$octo_root/t" ] && octo_root=$(cd "$octo_root" && pwd -P) || { octo_say 0 "no-room"; return; }
  if [ -r /proc/self/stat ]; then
    octo_proc=1
    read -r octo_boot < /proc/sys/kernel/random/boot_id
  fi
  sleep 0.001 2>/dev/null && octo_fine=1
  set -- $(stat -c '%.3Y %Y %y' / 2>/dev/null)
  case @{2:-none} in
    *[!0-9]*) case $(stat -f '%z' / 2>/dev/null) in *[!0-9]*|'') ;; *) octo_stat_by=bsd ;; esac ;;
    *)
      octo_stat_by=plain
      case $4 in *:*.*) octo_stat_by=busybox ;; esac
      case $1 in *[!0-9.]*) ;; *.*) octo_stat_by=gnu ;; esac
      ;;
  esac
  octo_setsid=$(command -v setsid)
  octo_bash=$(command -v bash)
  octo_print=$(command -v printf)
  octo_libc=
  for octo_f in /lib/ld-musl-*; do [ -e "$octo_f" ] && octo_libc=musl; done
  trap 'octo_stop=1' USR1
  trap octo_tidy EXIT
  trap 'exit 1' HUP TERM PIPE # by which EXIT alone is not reached: an answer into a dead connection is a PIPE
  exec 3<&0
  octo_say 0 "$(uname -sm) @{octo_libc:-libc} @{octo_print:-none} @{octo_bash:-none} $octo_root"
}
`;
