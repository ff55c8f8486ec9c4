import { shell } from './shell-text.ts';

/** One page of output: the next entry of the index, which is made here when there is news. It waits for news with growing pauses, and ends early when a line comes on standard input. Entries have 47 bytes: milliseconds, end of each stream, what was erased. */
export const ASK = shell`
octo_ask() {
  octo_id=$1
  if ! octo_open "$2"; then octo_say 0 "Complete unstarted -45 0 0 0 0 0 0 0 0"; return; fi
  octo_k=$3 octo_o=$4 octo_e=$5 octo_ro=$6 octo_re=$7 octo_left=$8 octo_cap=$9 octo_stop= octo_watch= octo_pace=0
  while :; do
    octo_judge "$octo_d"
    if [ "$octo_k$octo_o$octo_e" = 000 ] && [ "$octo_state" != Complete ] && [ "$octo_left" -gt 0 ] && [ "$octo_pace" -lt 20 ] && [ ! -s "$octo_d/out" ] && [ ! -s "$octo_d/err" ]; then
      octo_pace=$((octo_pace + 1)) octo_left=$((octo_left - 2))
      octo_nap 0.002
      continue
    fi
    octo_sizes "$octo_d/index" "$octo_d/out" "$octo_d/err"
    octo_at=$((octo_k * 47)) octo_flag=0 octo_to=$octo_out octo_te=$octo_err octo_recorded=1
    if [ "$octo_index" -ge $((octo_at + 47)) ]; then break; fi
    [ "$octo_out" -ge "$octo_o" ] || { octo_flag=1; octo_o=0; octo_ro=0; }
    [ "$octo_err" -ge "$octo_e" ] || { octo_flag=$((octo_flag + 2)); octo_e=0; octo_re=0; }
    if [ "$octo_out" -gt "$octo_o" ] || [ "$octo_err" -gt "$octo_e" ] || [ "$octo_flag" != 0 ]; then
      [ "$octo_to" -le $((octo_o + octo_cap)) ] || octo_to=$((octo_o + octo_cap))
      [ "$octo_te" -le $((octo_e + octo_cap)) ] || octo_te=$((octo_e + octo_cap))
      [ "$octo_index" -le "$octo_at" ] || dd if=/dev/null of="$octo_d/index" bs=47 seek="$octo_k" 2>/dev/null
      octo_recorded=0
      printf '%014d %014d %014d %d\n' "$octo_ms" "$octo_to" "$octo_te" "$octo_flag" 2>/dev/null >> "$octo_d/index" && octo_recorded=3
      break
    fi
    octo_recorded=2
    [ "$octo_state" != Complete ] && [ "$octo_left" -gt 0 ] && [ -z "$octo_stop" ] || break
    if [ "$octo_pace" -ge 40 ] && [ -z "$octo_watch" ]; then
      ( trap - USR1 EXIT; read -r octo_f <&3; kill -USR1 $$ ) >/dev/null 2>&1 & octo_watch=$!
    fi
    octo_pace=$((octo_pace + octo_pace / 2 + 2))
    [ "$octo_pace" -le 200 ] || octo_pace=200
    [ "$octo_pace" -le "$octo_left" ] || octo_pace=$octo_left
    octo_nap "0.$(printf '%03d' "$octo_pace")"
    if [ -n "$octo_fine" ]; then octo_left=$((octo_left - octo_pace)); else octo_left=$((octo_left - 1000)); fi
  done
  if [ -n "$octo_watch" ]; then kill "$octo_watch" 2>/dev/null; wait "$octo_watch" 2>/dev/null; fi
  if [ "$octo_recorded" = 1 ]; then
    set -- $(tail -c +$((octo_at + 1)) "$octo_d/index" | head -c 47)
    octo_ms=@{1#"@{1%%[!0]*}"} octo_to=@{2#"@{2%%[!0]*}"} octo_te=@{3#"@{3%%[!0]*}"} octo_flag=$4
    octo_ms=@{octo_ms:-0} octo_to=@{octo_to:-0} octo_te=@{octo_te:-0}
    case $octo_flag in 0|2) [ "$octo_to" -ge "$octo_o" ] || octo_to=$octo_o ;; *) octo_ro=0 ;; esac
    case $octo_flag in 0|1) [ "$octo_te" -ge "$octo_e" ] || octo_te=$octo_e ;; *) octo_re=0 ;; esac
  elif [ "$octo_recorded" = 2 ]; then octo_to=$octo_o octo_te=$octo_e; fi
  case $octo_recorded in 1|3) octo_k=$((octo_k + 1)) ;; esac
  octo_lo=$((octo_to - octo_ro)) octo_le=$((octo_te - octo_re))
  if [ "$octo_state" = Complete ]; then
    if [ "$octo_to" -lt "$octo_out" ] || [ "$octo_te" -lt "$octo_err" ] || [ "$octo_index" -ge $((octo_k * 47 + 47)) ]; then octo_state=Running octo_end= octo_code=; fi
  fi
  octo_say $((octo_lo + octo_le)) "$octo_state @{octo_end:--} @{octo_code:-0} $octo_k $octo_to $octo_te $octo_ms $octo_flag $octo_lo $octo_le $octo_why"
  octo_bytes "$octo_d/out" "$octo_ro" "$octo_lo"
  octo_bytes "$octo_d/err" "$octo_re" "$octo_le"
}
octo_bytes() {
  [ "$3" -gt 0 ] || return 0
  if [ "$2" = 0 ]; then head -c "$3" "$1"; else tail -c +$(($2 + 1)) "$1" | head -c "$3"; fi
}
`;
