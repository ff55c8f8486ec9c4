/**
 * The helper functions of calamari.md 1b (Bash), in shell that bash 3.2 and 5 both read, and that holds under a user's
 * `set -eu`, `set -f`, `pipefail`, an odd IFS or CDPATH. `__octo_variable NAME` comes before them (bash.ts).
 *
 * Deliberate deviations: texts of write_* are printed as they are (the original splits and globs them), the report of
 * a missing artifact is a sentence (the original runs into an undefined helper; the exit code 127 is the same). As in
 * the original, setting a variable to nothing leaves the attribute out, and the message is ignored.
 *
 * Short ASCII texts, nearly all there are, are encoded without a process: it costs 0.1 ms instead of 4.
 * `@{` stands for what a template literal would take for its own.
 */
export const BASH_FUNCTIONS = String.raw`
__octo_base64() {
  local text="$1" table=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ at a b c bits out=''
  if [ @{#text} -gt 256 ]; then __octo_base64_long "$1"; return 0; fi
  for ((at = 0; at < @{#text}; at += 3)); do
    printf -v a %d "'@{text:at:1}"
    printf -v b %d "'@{text:at+1:1}"
    printf -v c %d "'@{text:at+2:1}"
    if ((a < 0 || b < 0 || c < 0 || a > 127 || b > 127 || c > 127)); then __octo_base64_long "$1"; return 0; fi
    bits=$((a << 16 | b << 8 | c))
    out+=@{table:bits >> 18:1}@{table:bits >> 12 & 63:1}@{table:bits >> 6 & 63:1}@{table:bits & 63:1}
  done
  case $((@{#text} % 3)) in
    1) out="@{out%??}==" ;;
    2) out="@{out%?}=" ;;
  esac
  __octo_encoded="$out"
}
__octo_base64_long() { __octo_encoded="$(printf '%s' "$1" | base64 | tr -d '\n')"; }

encode_servicemessagevalue() {
  local __octo_encoded
  __octo_base64 "@{1-}"
  printf '%s' "$__octo_encoded"
}
decode_servicemessagevalue() {
  if base64 --decode < /dev/null > /dev/null 2>&1; then printf '%s' "@{1-}" | base64 --decode
  else printf '%s' "@{1-}" | base64 -d; fi
}

# NAME [ATTRIBUTE VALUE]…
__octo_message() {
  local __octo_encoded line="##octopus[$1"
  shift
  while [ $# -gt 1 ]; do
    __octo_base64 "$2"
    line+=" $1='$__octo_encoded'"
    shift 2
  done
  printf '%s]\n' "$line"
}

get_octopusvariable() {
  local __octo_value __octo_known
  __octo_variable "@{1-}"
  if [ "$__octo_known" = 1 ]; then printf '%s' "$__octo_value"; else printf '\n'; fi
}

set_octopusvariable() {
  set -- "@{1-}" "@{2-}" "@{3-}"
  if [ -n "$2" ]; then
    if [ "$3" = -sensitive ]; then __octo_message setVariable name "$1" value "$2" sensitive True
    else __octo_message setVariable name "$1" value "$2"; fi
  elif [ "$3" = -sensitive ]; then __octo_message setVariable name "$1" sensitive True
  else __octo_message setVariable name "$1"; fi
}

new_octopusartifact() {
  local path="@{1-}" name="@{2-}" folder=. size
  if [ ! -f "$path" ]; then
    printf 'new_octopusartifact: there is no file %s\n' "$path" >&2
    return 127
  fi
  case "$path" in
    */*) folder="@{path%/*}/" ;;
  esac
  folder="$(CDPATH='' cd -- "$folder" && pwd -P && printf x)"
  folder="@{folder%?x}"
  path="@{folder%/}/@{path##*/}"
  if [ -z "$name" ]; then name="@{path##*/}"; fi
  size="$(wc -c < "$path" | tr -d ' ')"
  printf 'Collecting %s as an artifact...\n' "$name"
  write_verbose "Artifact $name will be collected from $path after this step completes"
  __octo_message createArtifact path "$path" name "$name" length "$size"
}

fail_step() {
  if [ -n "@{1-}" ]; then __octo_message resultMessage message "$1"; fi
  exit 1
}

update_progress() { __octo_message progress percentage "@{1-}" message "@{2-}"; }

__octo_in_mode() { printf '##octopus[stdout-%s]\n%s\n##octopus[stdout-default]\n' "$1" "$2"; }
write_verbose() { __octo_in_mode verbose "@{1-}"; }
write_highlight() { __octo_in_mode highlight "@{1-}"; }
write_wait() { __octo_in_mode wait "@{1-}"; }
write_warning() { __octo_in_mode warning "@{1-}"; }

set_environmentstate() {
  local key="@{1-}" value="@{2-}" type=State
  if [ "@{3-}" = -sensitive ]; then
    __octo_message set-environmentstate key "$key" value "$value" sensitive True type "@{4:-State}"
  else
    __octo_message set-environmentstate key "$key" value "$value" type "@{3:-State}"
  fi
}
set_environmenturl() { set_environmentstate "@{1-}" "@{2-}" Url; }

new_octopustarget() {
  local option name='' target='' inputs='' roles='' pool='' update=''
  while [ $# -gt 0 ]; do
    option="$1"
    shift
    case "$option" in
      -n|--name) name="@{1-}" ;;
      -t|--target-id) target="@{1-}" ;;
      --inputs) inputs="@{1-}" ;;
      --roles) roles="@{1-}" ;;
      --worker-pool) pool="@{1-}" ;;
      --update-if-existing) update=True; continue ;;
      *) continue ;;
    esac
    if [ $# -gt 0 ]; then shift; fi
  done
  __octo_message createStepPackageTarget name "$name" targetId "$target" inputs "$inputs" octopusRoles "$roles" \
    octopusDefaultWorkerPoolIdOrName "$pool" updateIfExisting "$update"
}
remove-octopustarget() { __octo_message delete-target machine "@{1-}"; }

__octo_manifest() {
  case "$1" in
    *[![:space:]]*) ;;
    *) return 0 ;;
  esac
  if [ -n "$2" ]; then __octo_message k8s-manifest-applied manifest "$1" ns "$2"
  else __octo_message k8s-manifest-applied manifest "$1"; fi
}
__octo_manifests() {
  local document='' line
  while IFS= read -r line || [ -n "$line" ]; do
    if [ "$line" = --- ]; then __octo_manifest "$document" "$1"; document=''; else document+="$line"$'\n'; fi
  done
  __octo_manifest "$document" "$1"
}
report_kubernetes_manifest() { printf '%s\n' "@{1-}" | __octo_manifests "@{2-}"; }
report_kubernetes_manifest_file() {
  if [ -f "@{1-}" ]; then __octo_manifests "@{2-}" < "$1"; else write_verbose "There is no manifest file @{1-}"; fi
}

log_environment_information() {
  local __octo_value __octo_known
  __octo_variable Octopus.Action.Script.SuppressEnvironmentLogging
  case "$__octo_value" in
    [Tt]rue) return 0 ;;
  esac
  write_verbose "Bash $BASH_VERSION on $MACHTYPE, host @{HOSTNAME-}, user @{USER-} ($UID), folder $PWD, home @{HOME-}"
}
`.replaceAll('@{', '${');
