# install_packages.sh PACKAGE…: installs Debian's packages, as root. Used by ./dev.
#
# A package of a server starts its server at once: redis-server would listen on port 6379. Debian's
# tools ask policy-rc.d before they start anything. So nothing is started, and a machine that has a
# policy-rc.d of its own keeps it.
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=300 update
apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
