import { shell } from './shell-text.ts';

/** The line of an isolation mutex (R161-R165): numbered files; first come, first served; an exclusive place is alone. Texts of halibut.md 7.5. */
export const TURNS = shell`
octo_enter() {
  for octo_f in "$octo_line"/*; do
    octo_read "$octo_f"
    [ "$octo_a" = "$octo_ticket" ] && { octo_place=$octo_f; return; }
  done
  while :; do
    [ -d "$octo_line" ] || mkdir -p "$octo_line"
    octo_last=
    for octo_f in "$octo_line"/*; do octo_last=@{octo_f##*/}; done
    case $octo_last in *[!0-9]*|'') octo_last=0 ;; esac
    octo_last=@{octo_last#"@{octo_last%%[!0]*}"}
    octo_place=000000000000$((@{octo_last:-0} + 1))
    while [ "@{#octo_place}" -gt 12 ]; do octo_place=@{octo_place#0}; done
    octo_place=$octo_line/$octo_place
    if ! octo_make "$octo_place" "$octo_ticket @{octo_d##*/} $octo_exclusive $octo_task"; then
      { [ -w "$octo_line" ] || [ ! -e "$octo_line" ]; } && [ "$octo_looks" -lt 1000 ] || return 1
      octo_looks=$((octo_looks + 1))
      continue
    fi
    for octo_f in "$octo_line"/*; do octo_last=$octo_f; done
    [ "$octo_last" != "$octo_place" ] || return 0
    rm -f "$octo_place"
  done
}
octo_good() {
  octo_w=$octo_root/w/$1
  [ -d "$octo_w" ] && [ ! -e "$octo_w/exit" ] && [ ! -e "$octo_w/result" ] || return 1
  for octo_g in "$octo_w"/exit=* "$octo_w"/result=*; do [ ! -e "$octo_g" ] || return 1; done
  octo_read "$octo_w/started" || octo_read "$octo_w/waiting"
  [ "$octo_a" != never ] && octo_alive "$octo_a" "$octo_b" "$octo_c"
}
octo_blockers() {
  octo_tasks=
  for octo_f in "$octo_line"/*; do
    [ "$octo_f" != "$octo_place" ] || return
    octo_p1= octo_p2= octo_p3= octo_p4=
    read -r octo_p1 octo_p2 octo_p3 octo_p4 2>/dev/null < "$octo_f" || { [ ! -e "$octo_f" ] || [ "$octo_looks" -gt 100 ] || octo_tasks="$octo_tasks ?"; continue; }
    [ "$octo_exclusive$octo_p3" != 00 ] || continue
    if octo_good "$octo_p2"; then
      case " $octo_tasks " in *" $octo_p4 "*) ;; *) octo_tasks="$octo_tasks $octo_p4" ;; esac
    fi
  done
}
octo_announce() { printf '%s\n' "$@" >> out; }
octo_links() {
  octo_links=
  for octo_f in $octo_tasks; do octo_links="$octo_links@{octo_links:+, }[$octo_f](~/app#/tasks/$octo_f)"; done
}
octo_turn() {
  [ ! -e cancel ] || { octo_never . && octo_result . unstarted -43; return 1; }
  octo_line=$octo_root/m/$octo_mutex octo_looks=0
  octo_enter || { octo_never . && octo_result . unstarted -47 no-room; return 1; }
  octo_blockers
  [ -n "$octo_tasks" ] || return 0
  octo_now; octo_since=$octo_ms octo_told=
  octo_which=that; [ "$octo_exclusive" = 0 ] || octo_which=this
  while :; do
    printf '%s\n' "$octo_tasks" > blocked.part && mv blocked.part blocked
    octo_nap 0.05
    octo_looks=$((octo_looks + 1))
    [ ! -e cancel ] || { octo_never . && octo_result . unstarted -43; return 1; }
    octo_blockers
    [ -n "$octo_tasks" ] || { rm -f blocked; return 0; }
    octo_now
    octo_waited=$((octo_ms - octo_since))
    octo_links
    if [ "$octo_waited" -ge 100 ] && [ "$octo_told" != "$((octo_waited / 600000))" ]; then
      octo_told=$((octo_waited / 600000))
      octo_announce '##octopus[stdout-wait]' "Waiting for the script in task $octo_links to finish as $octo_which script requires that no other Octopus scripts are executing on this target at the same time." '##octopus[stdout-default]'
    fi
    if [ "$octo_limit" -gt 0 ] && [ "$octo_waited" -ge "$octo_limit" ]; then
      octo_announce "This task waited more than $((octo_limit / 60000)) minutes and timed out. Task $octo_links is still running." 'Script execution timed out.'
      octo_never . && octo_result . unstarted -44
      return 1
    fi
  done
}
`;
