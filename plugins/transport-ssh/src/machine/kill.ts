import { shell } from './shell-text.ts';

/** Everything that a script started, by OCTO_TICKET, session and descent, and its end: SIGTERM, grace, SIGKILL, until nothing of it is seen any more (R153). What is left then is named, and looked for again (R159). */
export const KILL = shell`
octo_tree() {
  octo_tree= octo_root_pid= octo_by_session=
  octo_read "$1/started"; octo_sup=$octo_a
  octo_read "$1/child"; octo_root_pid=$octo_a
  read -r octo_f octo_f octo_f octo_t octo_f < "$1/record"
  if [ -n "$octo_proc" ]; then
    octo_set=" "
    if [ -n "$octo_root_pid" ]; then
      if octo_alive "$octo_a" "$octo_b" "$octo_c"; then octo_set=" $octo_root_pid "; octo_by_session=1
      elif [ ! -e "/proc/$octo_root_pid" ] && [ "$octo_c" = "$octo_boot" ]; then octo_by_session=1; fi
    fi
    for octo_f in $(grep -ls "OCTO_TICKET=$octo_t" /proc/[0-9]*/environ 2>/dev/null); do
      octo_f=@{octo_f#/proc/}
      octo_set="$octo_set@{octo_f%%/*} "
    done
    octo_grown=1
    while [ -n "$octo_grown" ]; do
      octo_grown=
      for octo_f in /proc/[0-9]*/stat; do
        octo_p=@{octo_f#/proc/} octo_p=@{octo_p%/stat}
        case $octo_set in *" $octo_p "*) continue ;; esac
        octo_stat=
        read -r octo_stat 2>/dev/null < "$octo_f" || continue
        octo_words_of_stat
        case $octo_set in
          *" $octo_parent "*) octo_set="$octo_set$octo_p " octo_grown=1 ;;
          *) if [ -n "$octo_by_session" ] && [ "$octo_session" = "$octo_root_pid" ]; then octo_set="$octo_set$octo_p " octo_grown=1; fi ;;
        esac
      done
    done
    for octo_p in $octo_set; do
      [ "$octo_p" != "$octo_sup" ] || continue
      octo_stat=
      read -r octo_stat 2>/dev/null < "/proc/$octo_p/stat" || continue
      octo_words_of_stat
      case $octo_mood in Z|X) ;; *) octo_tree="$octo_tree $octo_p" ;; esac
    done
  elif [ -n "$octo_root_pid" ]; then
    octo_tree=$(ps -axo pid=,ppid=,pgid= | awk -v r="$octo_root_pid" '{ p[$1]=$2; g[$1]=$3 } END { for (c in p) for (a=c; a>1; a=p[a]) if (a==r || g[a]==r) { print c; break } }')
  fi
}
octo_killer() {
  trap : HUP INT TERM QUIT USR1 PIPE
  octo_who
  octo_me="$octo_pid $octo_born $octo_boot"
  octo_read "$1/killer"
  octo_alive "$octo_a" "$octo_b" "$octo_c" && return
  printf '%s\n' "$octo_me" > "$1/killer.part" && mv "$1/killer.part" "$1/killer"
  octo_told=" "
  octo_now; octo_since=$octo_ms
  while :; do
    octo_tree "$1"
    [ -n "$octo_tree" ] || break
    octo_now
    octo_waited=$((octo_ms - octo_since))
    [ "$octo_waited" -lt "$octo_give_up" ] || break
    for octo_p in $octo_tree; do
      if [ "$octo_waited" -ge "$octo_grace" ]; then kill -KILL "$octo_p" 2>/dev/null
      else case $octo_told in *" $octo_p "*) ;; *) kill -TERM "$octo_p" 2>/dev/null; octo_told="$octo_told$octo_p " ;; esac; fi
    done
    octo_nap 0.05
  done
  octo_tries=0
  while octo_read "$1/started" && octo_alive "$octo_a" "$octo_b" "$octo_c" && [ "$octo_tries" -lt 50 ] && [ -z "$octo_tree" ]; do
    octo_tries=$((octo_tries + 1))
    octo_nap 0.02
  done
  octo_read "$1/exit"
  if [ -z "$octo_tree" ]; then octo_result "$1" stopped "@{octo_a:--1}"
  else
    octo_name_left "$1"
    octo_result "$1" abandoned "@{octo_a:--1}" "$octo_tree"
  fi
}
octo_name_left() {
  for octo_p in $octo_tree; do
    if [ -n "$octo_proc" ]; then
      octo_stat=
      read -r octo_stat 2>/dev/null < "/proc/$octo_p/stat" || continue
      octo_words_of_stat
    else octo_born=$(ps -o lstart= -p "$octo_p" | tr -d ' '); fi
    printf '%s %s %s\n' "$octo_p" "$octo_born" "$octo_boot"
  done 2>/dev/null > "$1/left"
}
octo_lingers() {
  if [ -e "$1/left" ]; then
    while read -r octo_a octo_b octo_c; do
      octo_alive "$octo_a" "$octo_b" "$octo_c" && return
    done < "$1/left"
  fi
  octo_tree "$1"
  [ -n "$octo_tree" ]
}
`;
