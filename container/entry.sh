#!/bin/sh
# Entry of a container that is a worker: it registers with the variables of the Octopus image (docs/tentacle.md), runs the
# agent, and takes itself off the list when it is stopped, if it is ephemeral. The identity lives in OCTO_INSTANCE_HOME:
# put that on a volume, and a restarted container is the same worker.
set -eu

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
    Custom) echo "${CustomPublicHostName:?give CustomPublicHostName}" ;;
    FQDN) hostname -f ;;
    ComputerName) hostname ;;
    PublicIp) fail 'PublicIp asks a third party for this address; give PublicHostNameConfiguration=Custom and CustomPublicHostName' ;;
    *) fail "PublicHostNameConfiguration is ComputerName, FQDN or Custom, not $PublicHostNameConfiguration" ;;
  esac
}

# The words of register-worker or register-with, one after the other, in "$@" of the caller.
register() {
  [ -n "${ServerUrl:-}" ] || fail 'give ServerUrl'
  set -- --instance "$instance" --server "$ServerUrl" --space "${Space:-Default}" --name "${TargetName:-$(hostname)}" --force
  if [ -n "${ServerApiKey:-}" ]; then
    set -- "$@" --apiKey "$ServerApiKey"
  elif [ -n "${BearerToken:-}" ]; then
    set -- "$@" --bearerToken "$BearerToken"
  elif [ -n "${ServerUsername:-}" ]; then
    set -- "$@" --username "$ServerUsername" --password "${ServerPassword:-}"
  else
    fail 'give ServerApiKey, BearerToken, or ServerUsername and ServerPassword'
  fi
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
    [ -z "${TargetEnvironment:-}${TargetRole:-}" ] || fail 'TargetWorkerPool makes it a worker; leave TargetEnvironment and TargetRole out'
    command=register-worker
    list=$TargetWorkerPool option=--workerpool
  else
    command=register-with
    for role in $(echo "${TargetRole:-}" | tr ',' ' '); do set -- "$@" --role "$role"; done
    list=${TargetEnvironment:-} option=--environment
  fi
  rest=$list,
  while [ -n "$rest" ]; do
    one=${rest%%,*}
    rest=${rest#*,}
    [ -z "$one" ] || set -- "$@" "$option" "$one"
  done
  "$tentacle" "$command" "$@"
}

deregister() {
  if [ -n "${TargetWorkerPool:-}" ]; then command=deregister-worker; else command=deregister-from; fi
  set -- --instance "$instance" --server "$ServerUrl" --space "${Space:-Default}"
  if [ -n "${key:-}" ]; then
    set -- "$@" --apiKey "$key"
  elif [ -n "${token:-}" ]; then
    set -- "$@" --bearerToken "$token"
  else
    set -- "$@" --username "$user" --password "$password"
  fi
  "$tentacle" "$command" "$@" || echo 'octo: this machine could not be taken off the list' >&2
}

if [ ! -e "$marker" ]; then
  "$tentacle" create-instance --instance "$instance" --config "$config" --home "$home"
  "$tentacle" new-certificate --instance "$instance" --if-blank
  if is_polling; then listens=True; else listens=False; fi
  "$tentacle" configure --instance "$instance" --app "$applications" --port 10933 --noListen "$listens" --reset-trust
  if [ -n "${PollingConnectionCount:-}" ]; then
    "$tentacle" set-polling-connection-count --instance "$instance" --pollingConnectionCount "$PollingConnectionCount"
  fi
  if [ -n "${OCTO_TENTACLE_JOIN:-}" ]; then
    "$tentacle" join --instance "$instance" --name "${TargetName:-$(hostname)}"
  else
    register
  fi
  : >"$marker"
fi

# Scripts do not see what this machine registered with.
key=${ServerApiKey:-} token=${BearerToken:-} user=${ServerUsername:-} password=${ServerPassword:-}
unset ServerApiKey BearerToken ServerUsername ServerPassword OCTO_TENTACLE_JOIN

"$tentacle" agent --instance "$instance" --noninteractive &
agent=$!
stopped=
trap 'stopped=1; kill -TERM "$agent" 2>/dev/null || :' TERM INT
code=0
wait "$agent" || code=$?
# A trap interrupts the wait; the agent itself still has to end.
while kill -0 "$agent" 2>/dev/null; do wait "$agent" || code=$?; done
if [ -n "$stopped" ] && [ "${Ephemeral:-N}" = Y ] && [ -n "${ServerUrl:-}" ]; then
  deregister
  rm -f "$marker"
fi
[ -n "$stopped" ] && exit 0
exit "$code"
