import { shell } from './shell-text.ts';

/** The supervisor: waits for its turn, claims `started`, so that of two one gives up, runs the body in a session of its own and leaves the exit code. It is a fork of the shell that outlives it. */
export const SUPERVISE = shell`
octo_fork() { ( trap - EXIT; cd "$1" && octo_supervise ) </dev/null >/dev/null 2>&1 3<&- & }
octo_revive_killer() { ( trap - EXIT; octo_killer "$1" ) </dev/null >/dev/null 2>&1 3<&- & }

octo_supervise() {
  trap : HUP INT TERM QUIT USR1 PIPE
  octo_who
  octo_d=$(pwd)
  printf '%s %s %s\n' "$octo_pid" "$octo_born" "$octo_boot" > waiting
  octo_mypid=$octo_pid octo_myborn=$octo_born
  read -r octo_exclusive octo_mutex octo_limit octo_ticket octo_task < record
  octo_place=
  octo_turn || { rm -f "$octo_place"; return; }
  if octo_make started "$octo_mypid $octo_myborn $octo_boot"; then
    octo_run
    printf '%s\n' "$octo_exit" > exit
    octo_read exit
    [ -n "$octo_a" ] || mv waiting "exit=$octo_exit"
  fi
  rm -f "$octo_place"
}
octo_run() {
  set --
  . ./args
  octo_relays=
  if [ -e piped ] && mkfifo out.pipe err.pipe; then
    cat < out.pipe >> out & octo_relays=$!
    cat < err.pipe >> err & octo_relays="$octo_relays $!"
  fi
  OCTO_TICKET=$octo_ticket TMPDIR=$octo_d/tmp TMP=$octo_d/tmp TEMP=$octo_d/tmp TentacleHome=$octo_root
  export OCTO_TICKET TMPDIR TMP TEMP TentacleHome
  if [ -n "$octo_relays" ]; then
    octo_begin_script "$@" > out.pipe 2> err.pipe &
  else
    octo_begin_script "$@" >> out 2>> err &
  fi
  octo_child=$!
  while :; do
    wait "$octo_child"
    octo_exit=$?
    [ "$octo_exit" -gt 128 ] && kill -0 "$octo_child" 2>/dev/null || break
  done
  octo_tries=0
  for octo_f in $octo_relays; do
    while kill -0 "$octo_f" 2>/dev/null && [ "$octo_tries" -lt 250 ]; do
      octo_tries=$((octo_tries + 1))
      octo_nap 0.02
    done
  done
}
octo_begin_script() {
  octo_who
  printf '%s %s %s\n' "$octo_pid" "$octo_born" "$octo_boot" > child
  cd space && umask "$octo_mask" || exit 126
  if [ -n "$octo_setsid" ]; then
    exec setsid "$octo_bash" ../Bootstrap.sh "$@" </dev/null
  else
    exec "$octo_bash" ../Bootstrap.sh "$@" </dev/null
  fi
}
`;
