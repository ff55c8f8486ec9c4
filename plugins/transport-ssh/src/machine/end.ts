import { shell } from './shell-text.ts';

/** Cancel, and the end of a ticket. */
export const END = shell`
octo_cancel() {
  octo_id=$1 octo_grace=$3 octo_give_up=$4
  if octo_open "$2"; then
    octo_judge "$octo_d"
    if [ "$octo_state" != Complete ]; then
      if [ ! -e "$octo_d/cancel" ]; then true > "$octo_d/cancel" || mkdir "$octo_d/cancel" 2>/dev/null; fi
      if octo_never "$octo_d"; then [ -e "$octo_d/result" ] || octo_result "$octo_d" unstarted -43
      else octo_revive_killer "$octo_d"; fi
    fi
  fi
  octo_say 0 done
}
octo_forget() {
  octo_id=$1
  if octo_open "$2"; then
    rm -f "$octo_root/t/$2"
    rm -rf "$octo_d" 2>/dev/null || { sleep 1; rm -rf "$octo_d" 2>/dev/null; }
  fi
  octo_say 0 done
  [ -n "$octo_ready" ] || octo_prepare
}
octo_clean() {
  octo_id=$1
  octo_count_of=0
  for octo_each in "$octo_root"/w/*; do
    [ -d "$octo_each" ] && [ "$octo_each" != "$octo_ready" ] && [ -n "$(find "$octo_each" -prune -mtime +0)" ] || continue
    octo_t=
    read -r octo_a octo_b octo_c octo_t octo_g 2>/dev/null < "$octo_each/record"
    if [ -n "$octo_t" ] && octo_open "$octo_t" && [ "$octo_d" = "$octo_each" ]; then
      octo_judge "$octo_each"
      [ "$octo_state" = Complete ] && [ "$octo_end" != abandoned ] && [ -n "$(find "$octo_each" -prune -mtime "+$2")" ] || continue
      rm -f "$octo_root/t/$octo_t"
    fi
    rm -rf "$octo_each"
    octo_count_of=$((octo_count_of + 1))
  done
  octo_files=$(cd "$octo_root" && find . \( -path ./t -o -path ./w -o -path ./m -o -path ./f \) -prune -o -type f -mtime "+$2" -print -exec rm -f {} + | wc -l)
  octo_count_of=$((octo_count_of + octo_files))
  find "$octo_root/m" -mindepth 1 -maxdepth 1 -type d -mtime +0 -exec rmdir {} + 2>/dev/null
  find "$octo_root/f" -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} + 2>/dev/null
  octo_say 0 "$octo_count_of"
}
octo_grace=5000 octo_give_up=30000
octo_mask=$(umask)
`;
