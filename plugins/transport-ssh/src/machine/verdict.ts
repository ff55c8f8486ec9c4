import { shell } from './shell-text.ts';

/** Where a ticket stands, judged by its files and by the processes that they name, never by who asks. */
export const VERDICT = shell`
octo_open() {
  octo_name=
  read -r octo_name 2>/dev/null < "$octo_root/t/$1"
  [ -n "$octo_name" ] || return 1
  octo_d=$octo_root/w/$octo_name
  [ -d "$octo_d" ]
}
octo_read() { octo_a= octo_b= octo_c=; read -r octo_a octo_b octo_c 2>/dev/null < "$1"; }
octo_result() {
  printf '%s %s %s\n' "$2" "$3" "$4" > "$1/result.part" && mv "$1/result.part" "$1/result" && return
  mv "$1/started" "$1/result=$2=$3" 2>/dev/null
}
octo_make() {
  set -C
  { printf '%s\n' "$2" > "$1"; } 2>/dev/null
  set -- "$?"
  set +C
  return "$1"
}
octo_never() { octo_make "$1/started" never || { octo_read "$1/started"; [ "$octo_a" = never ]; }; }

octo_judge() {
  octo_state= octo_end= octo_code= octo_why= octo_full=
  if octo_read "$1/result" && [ -n "$octo_b" ]; then
    octo_state=Complete octo_end=$octo_a octo_code=$octo_b octo_why=$octo_c
    if [ "$octo_end" = abandoned ] && ! octo_lingers "$1"; then
      octo_end=stopped octo_why=
      octo_result "$1" stopped "$octo_code"
    fi
    return
  fi
  for octo_f in "$1"/result=*; do
    [ -e "$octo_f" ] || continue
    octo_f=@{octo_f##*/result=}
    octo_state=Complete octo_end=@{octo_f%%=*} octo_code=@{octo_f##*=}
    return
  done
  octo_exit=
  if octo_read "$1/exit"; then octo_exit=$octo_a; fi
  for octo_f in "$1"/exit=*; do [ -e "$octo_f" ] && octo_exit=@{octo_f##*exit=} octo_full=no-room; done
  octo_read "$1/started"
  if [ "$octo_a" = never ]; then
    octo_read "$1/waiting"
    if octo_alive "$octo_a" "$octo_b" "$octo_c"; then octo_state=Pending
    else octo_state=Complete octo_end=unstarted octo_code=-43; fi
    return
  fi
  if [ -e "$1/cancel" ]; then
    octo_state=Running
    octo_read "$1/killer"
    octo_alive "$octo_a" "$octo_b" "$octo_c" || octo_revive_killer "$1"
    return
  fi
  if [ -n "$octo_exit" ]; then
    octo_state=Complete octo_end=exited octo_code=$octo_exit octo_why=$octo_full
    return
  fi
  if [ -e "$1/started" ]; then
    octo_read "$1/started"
    octo_state=Running
    [ -n "$octo_a" ] || return
    octo_alive "$octo_a" "$octo_b" "$octo_c" && return
    octo_read "$1/exit"
    [ -n "$octo_a" ] && { octo_state=Complete octo_end=exited octo_code=$octo_a; return; }
    octo_read "$1/started"
    if [ "$octo_c" = "$octo_boot" ]; then octo_tree "$1"; else octo_tree=; fi
    [ -z "$octo_tree" ] || return
    octo_state=Complete octo_end=unknown octo_code=-46 octo_why=supervisor
    [ "$octo_c" = "$octo_boot" ] || octo_why=restart
    return
  fi
  octo_state=Pending
  octo_read "$1/boot"
  if [ "$octo_a" != "$octo_boot" ]; then
    octo_state=Complete octo_end=unknown octo_code=-46 octo_why=restart
    return
  fi
  octo_read "$1/waiting"
  octo_alive "$octo_a" "$octo_b" "$octo_c" || octo_fork "$1"
  octo_why=
  read -r octo_why 2>/dev/null < "$1/blocked"
}
`;
