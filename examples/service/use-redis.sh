# use-redis.sh TEST REDIS_CLI: one test of the redis-server that Holdfast has started.
set -eu
test=$1 cli=$2
port=${HOLDFAST_SERVICE_REDIS_PORT:?there is no server: Holdfast starts it}
server=$HOLDFAST_SERVICE_REDIS_PID

redis() { "$cli" -e -p "$port" "$@"; }
expect() { [ "$1" = "$2" ] || { echo "found '$1', expected '$2'"; exit 1; }; }

echo "redis on port $port, generation $HOLDFAST_SERVICE_REDIS_GENERATION"
case $test in
  keeps_a_value)
    redis SET drink milk
    expect "$(redis GET drink)" milk
    ;;
  counts)
    redis DEL visitors
    for visitor in 1 2 3; do redis INCR visitors; done
    expect "$(redis GET visitors)" 3
    ;;
  queues)
    redis DEL queue
    redis RPUSH queue first second
    expect "$(redis LPOP queue)" first
    ;;
  sorts)
    redis DEL numbers
    redis RPUSH numbers 3 1 2
    expect "$(redis SORT numbers | tr '\n' ' ')" "1 2 3 "
    ;;
  finds_nothing)
    expect "$(redis EXISTS drink visitors queue numbers everything)" 0
    ;;
  kills_it)
    kill -KILL "$server"
    ;;
  stops_it)
    # It still accepts connections, as the kernel does so for it. It never answers.
    kill -STOP "$server"
    ;;
  fills_it)
    # One value of 8 MB, where 4 MB are allowed: it takes this one, and nothing after it.
    redis SETRANGE everything 8000000 end
    ! said=$(redis SET drink milk 2>&1) || { echo "it took another value"; exit 1; }
    echo "$said"
    ;;
esac
