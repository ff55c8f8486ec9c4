#!/bin/sh
# What tests need of the system and npm does not bring: an OpenSSH server, and busybox. Does nothing where they are
# there, where there is no apt, or where one may not install; tests that need them are skipped then, and say so.
set -eu
[ -x /usr/sbin/sshd ] && command -v ssh >/dev/null && command -v busybox >/dev/null && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "setup: no OpenSSH server or no busybox here, so tests that need them are skipped (apt-get install openssh-server busybox)" >&2
  exit 0
fi
# The package would start a server of its own on port 22; tests start theirs.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openssh-server openssh-client busybox >/dev/null 2>&1
}
install || { apt-get update -qq >/dev/null 2>&1 && install; } || echo "setup: OpenSSH's server and busybox could not be installed; tests that need them are skipped" >&2
