/**
 * The program of the spawner (`$1` bash, `$2` the folder of the workspaces, `$3` the folder of their control groups and
 * `$4` the first of them, or nothing). It reads one ticket per line, with the next group behind it, and hands the ticket
 * to a supervisor. Data never becomes program text: it comes as words
 * and as files.
 *
 * One supervisor is always forked ahead and waits on a pipe of its own, in a control group of its own where there are any:
 * joining one takes the kernel 10 to 20 ms, which nobody has to wait for.
 *
 * A supervisor
 * - claims the ticket by making `started` with noclobber, so that of two supervisors one gives up: at most one start;
 * - runs the body as whom `as` says, in a process group of its own (`set -m` gives it one without another program), its
 *   streams on files, so that nothing of ours is in the data path;
 * - outlives a `kill 0` of the script (signals are trapped here and default again in the script) and leaves the exit code.
 *
 * `piped` is for scripts that open /dev/stdout or /dev/stderr by name: on a plain file that would erase the log, so they
 * get pipes, which two `cat` drain; what is left in the pipes after the end gets 5 s (halibut.md 7.5).
 *
 * When its input closes or it is killed, the supervisor that still waits ends with it; those at work and their scripts go
 * on. Read by bash 3.2 (no $BASHPID) and 5. `@{` stands for what a template literal would take for its own.
 */
export const SPAWNER = String.raw`
set -m
bash=$1
work=$2
groups=$3
claim() {
  local pid=$BASHPID stat='' boot=''
  if [ -z "$pid" ]; then sh -c 'echo $PPID' > pid; read -r pid < pid; fi
  if [ -r "/proc/$pid/stat" ]; then read -r stat < "/proc/$pid/stat"; read -r boot < /proc/sys/kernel/random/boot_id; fi
  set -C
  { printf '%s %s %s\n' "$pid" "$boot" "$stat" > started; } 2>/dev/null || exit 0
  set +C
}
begin() {
  umask "$mask"
  exec "@{as[@]}" "$bash" ./Bootstrap.sh "$@"
}
relay() { trap '' TERM INT HUP QUIT; exec cat <"$1" >>"$2"; }
run_piped() {
  local code tries=0 out err
  mkfifo -m 600 ../out ../err || return 126
  if [ "@{#as[@]}" -gt 0 ]; then chown --reference=../stdout.log ../out ../err; fi
  relay ../out ../stdout.log & out=$!
  relay ../err ../stderr.log & err=$!
  ( begin "$@" ) </dev/null >../out 2>../err
  code=$?
  while kill -0 "$out" || kill -0 "$err"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 250 ]; then break; fi
    sleep 0.02
  done
  return "$code"
}
supervise() {
  cd "$work/$1" || exit 1
  claim
  if [ -n "$group" ]; then printf '%s\n' "$group" > group; fi
  export HOME="$work/$1/home" TMPDIR="$work/$1/tmp" TMP="$work/$1/tmp" TEMP="$work/$1/tmp" OCTO_TICKET="$1"
  set --
  as=() mask=022
  if [ -f as ]; then . ./as; fi
  if [ -f arguments ]; then . ./arguments; fi
  cd space || exit 1
  unset OLDPWD SHLVL
  trap : TERM INT HUP QUIT
  if [ -e ../piped ]; then run_piped "$@"; else ( begin "$@" ) </dev/null >>../stdout.log 2>>../stderr.log; fi
  printf '%s\n' "$?" > ../exit
}
wait_for_ticket() {
  local ticket='' group=$1
  exec 7>&-
  if [ -n "$group" ]; then echo "$BASHPID" > "$groups/$group/cgroup.procs" || group=''; fi
  read -r ticket
  exec </dev/null
  if [ -n "$ticket" ]; then supervise "$ticket"; elif [ -n "$group" ]; then leave; fi
}
leave() {
  echo "$BASHPID" > "$groups/../cgroup.procs"
  rmdir "$groups/$group" "$groups"
}
ready() { exec 7> >(set -m; wait_for_ticket "$1" <&0 >/dev/null 2>&1 & disown); }
ready "$4"
while read -r ticket next; do
  printf '%s\n' "$ticket" >&7
  ready "$next"
done
`.replaceAll('@{', '${');
