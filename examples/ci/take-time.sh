# usage: take-time.sh NAME TENTHS: takes so many tenths of a second, and fails if BROKEN is NAME.
sleep "$(($2 / 10)).$(($2 % 10))"
[ "${BROKEN:-}" != "$1" ] || { echo "$1: broken"; exit 1; }
