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
octo_grace=5000 octo_give_up=30000
octo_mask=$(umask)
`;
