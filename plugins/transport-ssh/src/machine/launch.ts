import { shell } from './shell-text.ts';

/** A start: a folder is laid, checked and given its ticket, and its place in the line before the answer, so that scripts run
 * in the order in which they were started. The next one's folder is made while nobody waits. */
export const LAUNCH = shell`
octo_prepare() {
  octo_count=$((octo_count + 1)) octo_ready=
  octo_d=$octo_root/w/$octo_prefix$octo_count
  mkdir "$octo_d" "$octo_d/space" "$octo_d/tmp" && octo_ready=$octo_d
}
octo_tidy() { [ -z "$octo_ready" ] || rm -rf "$octo_ready"; }
octo_begin() {
  octo_id=$1 octo_bad= octo_known= octo_ticket=$2
  if [ -e "$octo_root/t/$2" ]; then octo_known=1; return; fi
  [ -z "$3" ] || { octo_d=$octo_root/w/$3; [ -d "$octo_d" ] || octo_bad=1; return; }
  [ -n "$octo_ready" ] && [ -d "$octo_ready" ] || octo_prepare
  octo_d=$octo_ready octo_ready=
  [ -n "$octo_d" ] || { octo_bad=1 octo_d=$octo_root/w/none; }
}
octo_launch() {
  octo_id=$1
  if [ -n "$octo_known" ]; then octo_say 0 known; return; fi
  if [ -n "$octo_bad" ]; then rm -rf "$octo_d"; octo_say 0 no-room; return; fi
  if [ "$3" != - ]; then
    mkdir -p "$octo_root/f/$2" && true > "$octo_root/f/$2/$3"
    octo_last=
    for octo_f in "$octo_root/f/$2"/*; do octo_last=@{octo_f##*/}; done
    if [ "$octo_last" != "$3" ]; then rm -rf "$octo_d"; octo_say 0 "fenced $octo_last"; return; fi
  fi
  printf '%s\n' "@{octo_d##*/}" > "$octo_d/ptr" && printf '%s\n' "$octo_boot" > "$octo_d/boot" && true > "$octo_d/out" && true > "$octo_d/err" && true > "$octo_d/index"
  octo_read "$octo_d/ptr"
  if [ -z "$octo_a" ]; then rm -rf "$octo_d"; octo_say 0 no-room; return; fi
  octo_who
  printf '%s %s %s\n' "$octo_pid" "$octo_born" "$octo_boot" > "$octo_d/waiting"
  if ln "$octo_d/ptr" "$octo_root/t/$octo_ticket" 2>/dev/null; then
    read -r octo_exclusive octo_mutex octo_limit octo_ticket octo_task < "$octo_d/record"
    octo_line=$octo_root/m/$octo_mutex octo_looks=0
    octo_enter
    octo_fork "$octo_d"
    octo_say 0 started
  else rm -rf "$octo_d"; octo_say 0 known; fi
}
octo_drop() {
  octo_id=$1
  [ -e "$octo_root/w/$2/ptr" ] || rm -rf "$octo_root/w/$2"
  octo_say 0 dropped
}
`;
