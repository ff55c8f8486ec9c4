#!/bin/sh
# Entry of a container that is a worker: it registers with the variables of the Octopus image (docs/tentacle.md), runs the
# agent, and takes itself off the list when it is stopped, if it is ephemeral. The identity lives in OCTO_INSTANCE_HOME:
# put that on a volume, and a restarted container is the same worker.
set -eu

# What this machine registers with comes by the environment, where every process of this account could read it for as long
# as we run (/proc/PID/environ, R253). So it goes into a pipe, and we begin again without it; from then on only we know it.
if [ -z "${OCTO_ENTRY_AGAIN:-}" ]; then
  exec 3<<EOF
${ServerApiKey:-}
${BearerToken:-}
${ServerUsername:-}
${ServerPassword:-}
${OCTO_TENTACLE_JOIN:-}
EOF
  unset ServerApiKey BearerToken ServerUsername ServerPassword OCTO_TENTACLE_JOIN
  export OCTO_ENTRY_AGAIN=1
  exec /bin/sh "$0" "$@"
fi
unset OCTO_ENTRY_AGAIN octo_key octo_bearer octo_user octo_password octo_join # none of them shall be exported
IFS= read -r octo_key <&3
IFS= read -r octo_bearer <&3
IFS= read -r octo_user <&3
IFS= read -r octo_password <&3
IFS= read -r octo_join <&3
exec 3<&-

tentacle=${OCTO_TENTACLE_PROGRAM:-tentacle}
home=${OCTO_INSTANCE_HOME:-/etc/octopus}
instance=Tentacle
config=$home/tentacle-$instance.config
marker=$home/.configuredSemaphore
applications=${OCTO_APPLICATIONS:-/home/Octopus/Applications}
TentacleMachineConfigurationHomeDirectory=$home
export TentacleMachineConfigurationHomeDirectory

fail() {
  echo "octo: $1" >&2
  exit 1
}

is_polling() { [ -n "${ServerCommsAddress:-}${ServerPort:-}" ]; }

public_name() {
  case ${PublicHostNameConfiguration:-ComputerName} in
    Custom)
      [ -n "${CustomPublicHostName:-}" ] || fail 'PublicHostNameConfiguration=Custom wants CustomPublicHostName'
      echo "$CustomPublicHostName"
      ;;
    FQDN) hostname -f ;;
    ComputerName) hostname ;;
    PublicIp) fail 'PublicIp asks a third party for this address; give PublicHostNameConfiguration=Custom and CustomPublicHostName' ;;
    *) fail "PublicHostNameConfiguration is ComputerName, FQDN or Custom, not $PublicHostNameConfiguration" ;;
  esac
}

# Runs a command of the agent with the credentials that there are, which go by stdin: `ps` shows none.
signed_in() {
  if [ -n "$octo_key" ]; then
    printf '%s\n' "$octo_key" | "$tentacle" "$@" --apiKey -
  elif [ -n "$octo_bearer" ]; then
    printf '%s\n' "$octo_bearer" | "$tentacle" "$@" --bearerToken -
  else
    printf '%s\n' "$octo_password" | "$tentacle" "$@" --username "$octo_user" --password -
  fi
}

check() {
  [ -n "${ServerUrl:-}" ] || fail 'give ServerUrl'
  [ -n "$octo_key$octo_bearer$octo_user" ] || fail 'give ServerApiKey, BearerToken, or ServerUsername and ServerPassword'
  if [ -n "${TargetWorkerPool:-}" ]; then
    [ -z "${TargetEnvironment:-}${TargetRole:-}" ] || fail 'TargetWorkerPool makes it a worker; leave TargetEnvironment and TargetRole out'
  elif [ -z "${TargetEnvironment:-}" ] || [ -z "${TargetRole:-}" ]; then
    fail 'give TargetWorkerPool, or TargetEnvironment and TargetRole'
  fi
  is_polling || public_name >/dev/null
}

register() {
  set -- --instance "$instance" --server "$ServerUrl" --space "${Space:-Default}" --name "${TargetName:-$(hostname)}" --force
  [ -z "${MachinePolicy:-}" ] || set -- "$@" --policy "$MachinePolicy"
  if is_polling; then
    set -- "$@" --comms-style TentacleActive
    [ -z "${ServerCommsAddress:-}" ] || set -- "$@" --server-comms-address "$ServerCommsAddress"
    [ -z "${ServerPort:-}" ] || set -- "$@" --server-comms-port "$ServerPort"
  else
    set -- "$@" --comms-style TentaclePassive --publicHostName "$(public_name)"
    [ -z "${ListeningPort:-}" ] || set -- "$@" --tentacle-comms-port "$ListeningPort"
    [ -z "${ProxyName:-}" ] || set -- "$@" --proxy "$ProxyName"
  fi
  if [ -n "${TargetWorkerPool:-}" ]; then
    each --workerpool "$TargetWorkerPool" signed_in register-worker "$@"
    return
  fi
  participation=${TargetTenantedDeploymentParticipation:-}
  [ -z "$participation" ] || set -- "$@" --tenanted-deployment-participation "$participation"
  each --environment "$TargetEnvironment" each --role "$TargetRole" each --tenant "${TargetTenant:-}" \
    each --tenanttag "${TargetTenantTag:-}" signed_in register-with "$@"
}

# each OPTION LIST COMMAND…: runs the command with the option once for each value of a list with commas.
each() {
  option=$1 list=$2,
  shift 2
  while [ -n "$list" ]; do
    one=${list%%,*}
    list=${list#*,}
    [ -z "$one" ] || set -- "$@" "$option" "$one"
  done
  "$@"
}

deregister() {
  if [ -n "${TargetWorkerPool:-}" ]; then command=deregister-worker; else command=deregister-from; fi
  signed_in "$command" --instance "$instance" --server "$ServerUrl" --space "${Space:-Default}" ||
    echo 'octo: this machine could not be taken off the list' >&2
}

# Process 1 has no defaults for signals: without a trap, a stop during the registration would wait for a kill.
agent='' stopped=''
trap 'stopped=1; if [ -n "$agent" ]; then kill -TERM "$agent" 2>/dev/null || :; fi' TERM INT

is_ephemeral() { [ "${Ephemeral:-N}" = Y ]; }
may_sign_in() { [ -n "${ServerUrl:-}" ] && [ -n "$octo_key$octo_bearer$octo_user" ]; }
if is_ephemeral && ! may_sign_in; then
  echo 'octo: Ephemeral=Y needs ServerUrl and credentials; this machine stays on the list when it is stopped' >&2
fi

if [ ! -e "$marker" ]; then
  [ -n "$octo_join" ] || check # before anything is made
  "$tentacle" create-instance --instance "$instance" --config "$config" --home "$home"
  "$tentacle" new-certificate --instance "$instance" --if-blank
  if is_polling; then listens=True; else listens=False; fi
  "$tentacle" configure --instance "$instance" --app "$applications" --port 10933 --noListen "$listens" --reset-trust
  if [ -n "${PollingConnectionCount:-}" ]; then
    "$tentacle" set-polling-connection-count --instance "$instance" --pollingConnectionCount "$PollingConnectionCount"
  fi
  if [ -n "$octo_join" ]; then
    printf '%s\n' "$octo_join" | "$tentacle" join --token-file - --instance "$instance" --name "${TargetName:-$(hostname)}"
  else
    register
  fi
  : >"$marker"
fi

code=0
if [ -z "$stopped" ]; then
  "$tentacle" agent --instance "$instance" --noninteractive &
  agent=$!
  wait "$agent" || code=$?
  # A trap interrupts the wait; the agent itself still has to end.
  while kill -0 "$agent" 2>/dev/null; do wait "$agent" || code=$?; done
fi
if [ -n "$stopped" ] && is_ephemeral && may_sign_in; then
  deregister
  rm -f "$marker"
fi
[ -n "$stopped" ] && exit 0
exit "$code"
