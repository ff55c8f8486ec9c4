/**
 * The helper functions of calamari.md 1b (Bash), in shell that bash 3.2 and 5 both read. Deliberate deviations: texts
 * of write_* are printed as they are (the original splits and globs them), and a missing artifact is an error message
 * of our own. `__octo_variable NAME` comes before them and answers in $REPLY.
 */
export const BASH_FUNCTIONS = String.raw`
encode_servicemessagevalue() { printf '%s' "$1" | base64 | tr -d '\n'; }
decode_servicemessagevalue() { printf '%s' "$1" | base64 --decode; }

get_octopusvariable() { __octo_variable "$1"; printf '%s' "$REPLY"; if [ "$__octo_known" = 0 ]; then printf '\n'; fi; }

set_octopusvariable() {
  local sensitive=''
  if [ "$3" = '-sensitive' ]; then sensitive=" sensitive='$(encode_servicemessagevalue True)'"; fi
  if [ -z "$2" ]; then printf "##octopus[setVariable name='%s'%s]\n" "$(encode_servicemessagevalue "$1")" "$sensitive"; return 0; fi
  printf "##octopus[setVariable name='%s' value='%s'%s]\n" "$(encode_servicemessagevalue "$1")" "$(encode_servicemessagevalue "$2")" "$sensitive"
}

new_octopusartifact() {
  local path="$1" name="$2" folder size
  if [ ! -f "$path" ]; then
    printf 'new_octopusartifact: there is no file %s\n' "$path" >&2
    return 127
  fi
  folder="$(cd "$(dirname -- "$path")" && pwd -P)"
  path="$folder/$(basename -- "$path")"
  if [ -z "$name" ]; then name="$(basename -- "$path")"; fi
  size="$(wc -c < "$path" | tr -d ' ')"
  printf 'Collecting %s as an artifact...\n' "$name"
  write_verbose "Artifact $name will be collected from $path after this step completes"
  printf "##octopus[createArtifact path='%s' name='%s' length='%s']\n" "$(encode_servicemessagevalue "$path")" "$(encode_servicemessagevalue "$name")" "$(encode_servicemessagevalue "$size")"
}

fail_step() {
  if [ -n "$1" ]; then printf "##octopus[resultMessage message='%s']\n" "$(encode_servicemessagevalue "$1")"; fi
  exit 1
}

update_progress() {
  printf "##octopus[progress percentage='%s' message='%s']\n" "$(encode_servicemessagevalue "$1")" "$(encode_servicemessagevalue "$2")"
}

__octo_in_mode() { printf '##octopus[stdout-%s]\n%s\n##octopus[stdout-default]\n' "$1" "$2"; }
write_verbose() { __octo_in_mode verbose "$1"; }
write_highlight() { __octo_in_mode highlight "$1"; }
write_wait() { __octo_in_mode wait "$1"; }
write_warning() { __octo_in_mode warning "$1"; }

set_environmentstate() {
  local sensitive='' type="$4"
  if [ "$3" = '-sensitive' ]; then sensitive=" sensitive='$(encode_servicemessagevalue True)'"; elif [ -n "$3" ]; then type="$3"; fi
  if [ -z "$type" ]; then type=State; fi
  printf "##octopus[set-environmentstate key='%s' value='%s'%s type='%s']\n" "$(encode_servicemessagevalue "$1")" "$(encode_servicemessagevalue "$2")" "$sensitive" "$(encode_servicemessagevalue "$type")"
}
set_environmenturl() { set_environmentstate "$1" "$2" Url; }

new_octopustarget() {
  local name='' target='' inputs='' roles='' pool='' update=''
  while [ $# -gt 0 ]; do
    case "$1" in
      -n|--name) name="$2"; shift 2 ;;
      -t|--target-id) target="$2"; shift 2 ;;
      --inputs) inputs="$2"; shift 2 ;;
      --roles) roles="$2"; shift 2 ;;
      --worker-pool) pool="$2"; shift 2 ;;
      --update-if-existing) update=True; shift ;;
      *) shift ;;
    esac
  done
  printf "##octopus[createStepPackageTarget name='%s' targetId='%s' inputs='%s' octopusRoles='%s' octopusDefaultWorkerPoolIdOrName='%s' updateIfExisting='%s']\n" \
    "$(encode_servicemessagevalue "$name")" "$(encode_servicemessagevalue "$target")" "$(encode_servicemessagevalue "$inputs")" \
    "$(encode_servicemessagevalue "$roles")" "$(encode_servicemessagevalue "$pool")" "$(encode_servicemessagevalue "$update")"
}
remove-octopustarget() { printf "##octopus[delete-target machine='%s']\n" "$(encode_servicemessagevalue "$1")"; }

__octo_report_manifest() {
  local namespace=''
  if [ -z "$(printf '%s' "$1" | tr -d '[:space:]')" ]; then return 0; fi
  if [ -n "$2" ]; then namespace=" ns='$(encode_servicemessagevalue "$2")'"; fi
  printf "##octopus[k8s-manifest-applied manifest='%s'%s]\n" "$(encode_servicemessagevalue "$1")" "$namespace"
}
report_kubernetes_manifest() {
  local document='' line
  while IFS= read -r line || [ -n "$line" ]; do
    if [ "$line" = '---' ]; then __octo_report_manifest "$document" "$2"; document=''; else document="$document$line
"; fi
  done <<< "$1"
  __octo_report_manifest "$document" "$2"
}
report_kubernetes_manifest_file() {
  if [ ! -f "$1" ]; then write_verbose "there is no manifest file $1"; return 0; fi
  report_kubernetes_manifest "$(cat -- "$1")" "$2"
}

log_environment_information() {
  __octo_variable Octopus.Action.Script.SuppressEnvironmentLogging
  if [ "$REPLY" = True ] || [ "$REPLY" = true ]; then return 0; fi
  printf '##octopus[stdout-verbose]\n'
  printf 'Bash %s on %s (%s %s), as user %s, in %s\n' "$BASH_VERSION" "$HOSTNAME" "$OSTYPE" "$HOSTTYPE" "$EUID" "$PWD"
  printf '##octopus[stdout-default]\n'
}
`;
