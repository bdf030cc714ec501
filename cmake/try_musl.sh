#!/bin/sh
# Runs a step that builds the launcher with musl. If the step fails, the launcher gets glibc instead
# (LauncherLibc.cmake, which puts this script before the step's command).
#
#   try_musl.sh compile NOTE OBJECT COMMAND…             an object that cannot be compiled is empty
#   try_musl.sh link    NOTE PROGRAM GLIBC TREE COMMAND… a program that cannot be linked, or that fails its self-test,
#                                                        is a copy of GLIBC, the same program with glibc; one line says so
#
# NOTE is a file for the messages of the failed step. The note of a program also gets those of its
# objects in the build tree TREE. The script ends with 0, unless the copy fails or a signal ended
# the command or a program that it started: a signal says nothing about musl. The empty object is
# older than any source, so the next build tries again.
kind=$1 note=$2 output=$3
shift 3

# Whether the launcher starts a program, passes on how that ended, and ends what that left behind.
works() {
  case $1 in */*) ;; *) set -- "./$1" ;; esac
  # A launcher that hangs ends with 124 or 137; a launcher also passes on 137 for SIGKILL.
  set -- timeout -k 5 60 env -i PATH="$PATH" "$1" --test=self-test
  rm -f "$note.left"
  "$@" /bin/sh -c 'exit 7'
  [ $? -eq 7 ] || { echo "it did not end as its command did (7)"; return 1; }
  "$@" /bin/sh -c 'kill -TERM $$'
  [ $? -eq 143 ] || { echo "it did not end as its command did (SIGTERM)"; return 1; }
  "$@" /bin/sh -c 'sleep 600 & echo $! >"$0"' "$note.left" 2>/dev/null
  [ $? -eq 0 ] || { echo "it did not end as its command did (0)"; return 1; }
  [ -s "$note.left" ] || { echo "it did not run its command"; return 1; }
  if kill "$(cat "$note.left")" 2>/dev/null; then echo "it left a process behind"; return 1; fi
  rm -f "$note.left"
}

# Whether the command succeeds. A compiler or linker that the kernel kills was started by its
# driver.
succeeds() {
  LC_ALL=C "$@" >"$note" 2>&1
  code=$?
  if [ $code -ge 128 ] || { [ $code -ne 0 ] && grep -qE 'signal terminated program|terminated with signal' "$note"; }; then
    cat "$note"
    exit $code
  fi
  return $code
}

case $kind in
  compile)
    succeeds "$@" && { cat "$note"; rm -f "$note"; exit 0; }
    : >"$output"
    touch -d 1970-01-02 "$output"
    ;;
  link)
    glibc=$1 tree=$2
    shift 2
    if succeeds "$@"; then
      cat "$note"
      works "$output" >>"$note" 2>&1 && { rm -f "$note"; exit 0; }
    fi
    find "$tree" -name '*.o.note' -exec cat {} \; -quit >>"$note"
    echo "The launcher is built with glibc: $output does not compile, link or work with musl ($note)" >&2
    cp -f "$glibc" "$output"
    ;;
esac
