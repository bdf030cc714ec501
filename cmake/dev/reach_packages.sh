# Sourced by reach.sh. Installs the packages of this commit in fresh minimal Debians, as a new user
# would, and pastes the first page of the tutorial: docs/guide/tutorial.md promises a minute for it.
#
#   build/reach/SUITE-minimal      the release with nothing but apt; never written to
#   build/reach/SUITE-FORM.log     what the page printed; FORM: deb, tarball
readonly first_page_s=60

# first_page install N | paste: the commands of a block of the page's first section.
first_page() {
  awk -v kind="$1" -v nth="${2-1}" '
    /^## / && ++section > 1 { exit }
    /^<!-- install -->$/ { install = 1; next }
    /^```sh$/ { seen[install]++; shown = kind == (install ? "install" : "paste") && seen[install] == nth; within = 1; next }
    /^```/ { within = shown = install = 0; next }
    shown { print }' docs/guide/tutorial.md
}

# play_page SUITE FORM SCRIPT: in a copy of the release that is gone afterwards.
play_page() {
  local suite=$1 form=$2 script=$3 root=$reach/$1-minimal log=$reach/$1-$2.log took status=0
  unshare --mount --pid --fork --kill-child --propagation private bash -euc '
    root=$1 sources=$2 script=$3
    scratch=$(mktemp -d)
    mount -t tmpfs scratch "$scratch"
    mkdir "$scratch"/{upper,work,root}
    mount -t overlay overlay -o "lowerdir=$root,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
    cd "$scratch/root"
    mkdir -p srv/holdfast
    cp -r "$sources"/examples srv/holdfast/
    cp "$sources"/build/packages/* srv/holdfast/
    mount -t proc proc proc
    for tree in sys dev; do mount --rbind "/$tree" "$tree"; done
    mount -t tmpfs -o mode=1777 tmp tmp
    if [ -e /etc/resolv.conf ]; then cp -L /etc/resolv.conf etc/resolv.conf; fi
    pivot_root . mnt
    cd /srv/holdfast
    hash -r
    umount -l /mnt
    exec env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -euc "$script"
  ' play "$root" "$PWD" "
    apt-get -qq update
    apt-get -qq -y install --no-install-recommends cmake g++ make libgtest-dev gdb
    apt-get -qq -y install --no-install-recommends --download-only ./holdfast_*.deb
    began=\$SECONDS
    $script
    echo \"took \$((SECONDS - began)) s\"" >"$log" 2>&1 </dev/null || status=$?
  took=$(sed -n 's/^took \([0-9]*\) s$/\1/p' "$log")
  if [ "$status" -eq 0 ] && grep -q '^holdfast: 8 tests through Holdfast: ' "$log" && [ "${took:-$first_page_s}" -lt "$first_page_s" ]; then
    summaries+=("$suite, $form: attached and run in $took s")
  else
    summaries+=("$suite, $form: FAILED ($status, ${took:-no} s; $log)")
    reached=1
  fi
}

reach_packages() {
  local suite install paste
  [ "$(cat build/package/commit 2>/dev/null)" = "$(git rev-parse HEAD)" ] || (package_command)
  paste="$(first_page paste) || [ \$? -eq 8 ]"
  for suite in "$@"; do
    if [ ! -d "$reach/$suite-minimal" ]; then
      say "$suite: debootstrap, for the packages"
      make_release "$suite" "$suite-minimal" ca-certificates
    fi
    say "$suite: the packages"
    install=$(first_page install 1 | sed 's/^sudo apt install /apt-get -qq -y install --no-install-recommends /')
    play_page "$suite" deb "$install
$paste"
    play_page "$suite" tarball "$(first_page install 2)
$paste"
  done
}
