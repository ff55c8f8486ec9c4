/**
 * The program of the spawner (`$1` bash, `$2` the folder of the workspaces, `$3` the folder of their control groups, or
 * nothing). It reads one ticket per line and forks a
 * supervisor for each. Data never becomes program text: it comes as words and as files.
 *
 * A supervisor
 * - claims the ticket by making `started` with noclobber, so that of two supervisors one gives up: at most one start;
 * - runs the body as whom `as` says, in a control group of its own where there are any, and in a process group of its own (`set -m` gives it one without another program), its streams on files,
 *   so that nothing of ours is in the data path;
 * - outlives a `kill 0` of the script (signals are trapped here and default again in the script) and leaves the exit code.
 *
 * `piped` is for scripts that open /dev/stdout or /dev/stderr by name: on a plain file that would erase the log, so they
 * get pipes, which two `cat` drain; what is left in the pipes after the end gets 5 s (halibut.md 7.5).
 *
 * When its input closes the spawner ends; supervisors and scripts go on. Read by bash 3.2 (no $BASHPID) and 5.
 * `@{` stands for what a template literal would take for its own.
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
  if [ -n "$groups" ]; then echo "$BASHPID" > "$groups/$OCTO_TICKET/cgroup.procs"; fi 2>/dev/null
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
while read -r ticket; do
  ( supervise "$ticket" ) </dev/null >/dev/null 2>&1 &
  disown
done
`.replaceAll('@{', '${');
