#!/bin/sh
# in-container.sh [podman|unshare] BUILD_TREE CTEST_ARGUMENT...
#
# Runs ctest of a build tree as the first process of a container: read-only root, no terminal, no network, /tmp in memory,
# a user without a name. By podman, or by namespaces alone (util-linux); the root is this machine's, so no image is
# needed. Needs root. The build tree becomes that user's (54321).
set -eu
user=54321

by=podman
case ${1-} in
  podman | unshare) by=$1; shift ;;
  *) podman info >/dev/null 2>&1 || by=unshare ;;
esac
[ $# -gt 0 ] || { echo "usage: in-container.sh [podman|unshare] BUILD_TREE CTEST_ARGUMENT..." >&2; exit 2; }
tree=$(realpath "$1")
shift
[ -f "$tree/CTestTestfile.cmake" ] || { echo "in-container.sh: $tree is no build tree (CTestTestfile.cmake)" >&2; exit 2; }
case $tree in /tmp | /tmp/*) echo "in-container.sh: $tree would be hidden by the container's own /tmp" >&2; exit 2 ;; esac
chown -R $user:$user "$tree"

if [ $by = podman ]; then
  # :O is an overlay: nothing of this machine is written to.
  exec podman run --rm --network none --read-only --read-only-tmpfs=false --tmpfs /tmp:mode=1777,notmpcopyup \
    --user $user:$user --passwd=false --env HOLDFAST_DISABLE --volume "$tree:$tree" \
    --rootfs /:O ctest --test-dir "$tree" "$@" </dev/null
fi
exec unshare --mount --pid --net --fork --kill-child --propagation private sh -euc '
  tree=$1 user=$2
  shift 2
  mount --bind "$tree" "$tree"
  mount -o remount,bind,ro /
  mount -t tmpfs -o mode=1777 tmp /tmp
  mount -t proc proc /proc
  exec setpriv --reuid $user --regid $user --clear-groups --no-new-privs ctest --test-dir "$tree" "$@"
' sh "$tree" $user "$@" </dev/null
