#!/bin/sh
# link-heavily.sh MEMORY LINKER ARGUMENT...: links for half a second at least, and fails if another link
# is in MEMORY.
memory=$1
shift
exec flock --nonblock --conflict-exit-code 9 "$memory" sh -c 'sleep 0.5; exec "$@"' link "$@"
