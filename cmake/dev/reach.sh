# Sourced by ./dev reach. Runs ./dev test of this commit on other Debian releases, as root and plain
# user; `trixie:plain` is one of the two.
#
#   build/reach/lock               held while it runs
#   build/reach/SUITE              the release, from debootstrap and this machine's mirror; kept
#   build/reach/SUITE-USER.log     what ./dev test printed
#   build/reach/SUITE-USER.tests   a line for each test that did not pass: its name and ctest's word
reach=$PWD/build/reach
commit=$(git rev-parse --short HEAD)
packages_only=no
if [ "${1-}" = --packages ]; then packages_only=yes; shift; fi
suites=("$@")
for suite in "${suites[@]}"; do
  [[ "$suite" =~ ^[a-z]+(:(root|plain))?$ ]] || wrong_use "'$suite' is no name of a Debian release, with :root or :plain"
done
[ ${#suites[@]} -gt 0 ] || suites=(trixie sid)

# Without this, Ctrl-C ends one user's tests and the next user's begin.
trap 'exit 130' INT TERM
[ "$(id -u)" -eq 0 ] || fail "reach needs root, to make the other releases and mount in them"
[ -z "$(git status --porcelain --untracked-files=no)" ] || echo "dev: what is not committed is not tested there" >&2
mkdir -p "$reach"
exec 9>"$reach/lock"
flock -n 9 || fail "another ./dev reach is at work here"

# make_release SUITE [NAME PACKAGES]
make_release() {
  local mirror name=${2-$1}
  mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' | awk '$1 == "Debian" && !found++ { print $2 }')
  [ -n "$mirror" ] || fail "no source of Debian's packages (apt-get update)"
  rm -rf "$reach/$name.part"
  # Its own mount namespace removes what debootstrap mounted, however it ends.
  quietly unshare --mount --propagation private debootstrap --variant=minbase --include="${3-ca-certificates,git}" "$1" "$reach/$name.part" "$mirror"
  # A mirror may be behind, but its contents are signed all the same.
  echo 'Acquire::Check-Valid-Until "false";' >"$reach/$name.part/etc/apt/apt.conf.d/90reach"
  mv "$reach/$name.part" "$reach/$name"
}

# in_release SUITE COMMAND…: runs a command in PID and mount namespaces of its own. Its processes
# and mounts end with it, however it ends. pivot_root(8) makes the release the root, because below
# chroot(8) the kernel refuses user namespaces.
in_release() {
  local root=$reach/$1
  shift
  unshare --mount --pid --fork --kill-child --propagation private bash -euc '
    root=$1
    shift
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    for tree in sys dev; do mount --rbind "/$tree" "$root/$tree"; done
    mount -t tmpfs -o mode=1777 tmp "$root/tmp"
    if [ -e /etc/resolv.conf ]; then cp -L /etc/resolv.conf "$root/etc/resolv.conf"; fi
    cd "$root"
    pivot_root . mnt
    cd /
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    hash -r
    umount -l /mnt
    exec env -i HOME=/root LANG=C.UTF-8 PATH="$PATH" "$@"
  ' reach "$root" "$@"
}

# The sources go in as a clone, which is what a new user has. They are where other users can read
# them: on Debian 13 /root is closed.
test_release() {
  local suite=$1 user=$2 sources=/srv/$2/holdfast log=$reach/$1-$2.log status=0
  rm -rf "${reach:?}/$suite$sources"
  git clone --quiet --no-hardlinks . "$reach/$suite$sources"
  # A plain user cannot install them.
  quietly in_release "$suite" sh "$sources/cmake/dev/install_packages.sh" "${packages_base[@]}" "${packages_test[@]}"
  say "$suite, $user: ./dev test of $commit (build/reach/$suite-$user.log)"
  # The second user's compiler reuses what the first user's compiler made. ccache needs the
  # sloppiness and -fpch-preprocess where there is a precompiled header.
  in_release "$suite" bash -euc '
    user=$1 sources=$2
    mkdir -p /var/cache/holdfast-reach
    chmod 777 /var/cache/holdfast-reach
    id "$user" >/dev/null 2>&1 || useradd --create-home "$user"
    chown -R "$user" "$sources"
    exec runuser -u "$user" -- env HOME="$(getent passwd "$user" | cut -d: -f6)" CCACHE_DIR=/var/cache/holdfast-reach \
      CCACHE_UMASK=000 CCACHE_BASEDIR="$sources" CCACHE_NOHASHDIR=1 CMAKE_CXX_COMPILER_LAUNCHER=ccache \
      CCACHE_SLOPPINESS=pch_defines,time_macros CXXFLAGS=-fpch-preprocess "$sources/dev" test
  ' reach "$user" "$sources" >"$log" 2>&1 </dev/null || status=$?
  # Takes the last list, because a test's own ctest may have printed one before it.
  awk '/tests passed, .* failed out of/ { n = 0 }
    /^\t *[0-9]+ - / { sub(/^\t *[0-9]+ - /, ""); sub(/\).*/, ")"); line[n++] = $0 }
    END { for (i = 0; i < n; i++) print line[i] }' "$log" | sort -u >"$reach/$suite-$user.tests"
  summaries+=("$suite, $user: $(grep '^[0-9]*% tests passed' "$log" | tail -n 1 | grep . || echo "no test was run; it ended with $status")")
  # Some tests need root, or need to run without root: they say so, and are skipped.
  sed 's/^/  /' "$reach/$suite-$user.tests"
  [ "$status" -eq 0 ] || reached=1
}

reached=0
summaries=()
source cmake/dev/reach_packages.sh
reach_packages bookworm trixie sid
[ "$packages_only" = no ] || suites=()
for wanted in "${suites[@]}"; do
  suite=${wanted%:*}
  case $wanted in *:*) users=("${wanted#*:}") ;; *) users=(root plain) ;; esac
  if [ ! -d "$reach/$suite" ]; then
    say "$suite: debootstrap"
    make_release "$suite"
  fi
  # Brings a release that was kept up to date.
  quietly in_release "$suite" env DEBIAN_FRONTEND=noninteractive sh -ec 'apt-get -qq update; apt-get -qq -y dist-upgrade'
  for user in "${users[@]}"; do test_release "$suite" "$user"; done
  summaries+=("  $(in_release "$suite" bash -c 'cmake --version | head -1; g++ -dumpfullversion; ninja --version' | paste -sd' ' || true)")
  [ "${#users[@]}" -eq 2 ] || continue
  # diff ends with 1 if there is a difference.
  differs=$(diff "$reach/$suite-root.tests" "$reach/$suite-plain.tests" | grep '^[<>]' | paste -sd';' || true)
  summaries+=("  not in both: ${differs:-nothing}")
done
say "reach, $commit"
printf '%s\n' "${summaries[@]}"
[ "$reached" -eq 0 ] || fail "a test failed there (build/reach/*.log)"
