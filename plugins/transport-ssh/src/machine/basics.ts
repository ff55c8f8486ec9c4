import { shell } from './shell-text.ts';

/**
 * Who a process is, what time it is, how large files are: by whatever means the system has. `octo_now` is for durations:
 * the clock of the system where it can be read without a program, which nobody sets; `octo_date` is the time of day.
 */
export const BASICS = shell`
octo_say() { printf 'octo %s %s %s\n' "$octo_id" "$1" "$2"; }
octo_words_of_stat() {
  set -- @{octo_stat##*) }
  octo_mood=$1 octo_parent=$2 octo_session=$4 octo_born=@{20}
}
octo_who() {
  if [ -r /proc/self/stat ]; then
    read -r octo_stat < /proc/self/stat
    octo_pid=@{octo_stat%% *}
    octo_words_of_stat
  else
    octo_pid=$(exec sh -c 'echo $PPID')
    octo_born=$(ps -o lstart= -p "$octo_pid" | tr -d ' ')
  fi
}
octo_alive() {
  [ -n "$1" ] || return 1
  if [ -n "$octo_proc" ]; then
    [ "$3" = "$octo_boot" ] || return 1
    octo_stat=
    read -r octo_stat 2>/dev/null < "/proc/$1/stat" || return 1
    octo_words_of_stat
    [ "$octo_born" = "$2" ] && [ "$octo_mood" != Z ] && [ "$octo_mood" != X ]
  else
    kill -0 "$1" 2>/dev/null && [ "$(ps -o lstart= -p "$1" | tr -d ' ')" = "$2" ]
  fi
}
octo_nap() {
  [ "$octo_fine" != '?' ] || octo_learn_sleep
  if [ -n "$octo_fine" ]; then sleep "$1"; else sleep 1; fi
}
octo_now() {
  if [ -n "$octo_proc" ] && read -r octo_ms octo_f 2>/dev/null < /proc/uptime; then
    octo_ms=@{octo_ms%.*}@{octo_ms#*.}0
  else octo_date; fi
}
octo_date() {
  octo_ms=$(date +%s%3N)
  case $octo_ms in *[!0-9]*) octo_ms=$(date +%s)000 ;; esac
}
octo_sizes() {
  [ "$octo_stat_by" != '?' ] || octo_learn_stat
  case $octo_stat_by in
    gnu) set -- $(stat -c '%s %.3Y' "$1" "$2" "$3" 2>/dev/null) ;;
    busybox)
      set -- $(stat -c '%s %Y %y' "$1" "$2" "$3" 2>/dev/null)
      set -- "$1" "$2.@{4#*.}" "$6" "$7.@{9#*.}" "@{11}" "@{12}.@{14#*.}"
      set -- "$1" "@{2%??????}" "$3" "@{4%??????}" "$5" "@{6%??????}"
      ;;
    plain) set -- $(stat -c '%s %Y.000' "$1" "$2" "$3" 2>/dev/null) ;;
    bsd) set -- $(stat -f '%z %m.000' "$1" "$2" "$3" 2>/dev/null) ;;
    *)
      octo_date
      set -- $(wc -c < "$1") "$octo_ms" $(wc -c < "$2") "$octo_ms" $(wc -c < "$3") "$octo_ms"
      ;;
  esac
  octo_index=@{1:-0} octo_out=@{3:-0} octo_err=@{5:-0}
  octo_ms=@{4%.*}@{4#*.}
  set -- "@{6%.*}@{6#*.}"
  case $octo_ms in ''|*[!0-9]*) octo_ms=0 ;; esac
  case $1 in ''|*[!0-9]*) ;; *) [ "$1" -le "$octo_ms" ] || octo_ms=$1 ;; esac
}
`;
