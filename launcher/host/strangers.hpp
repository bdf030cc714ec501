// Processes that have what a service needs, as messages name them.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/service/tcp_table.hpp"

namespace holdfast::host {

// `pid 12 (redis-server *:6379), there for 3min, in /home/me/build, of test "a" (run 12-…)`. Leaves
// out what may not be read.
std::string stranger(pid_t pid);

// `port 6379 belongs to pid 12 (…)`; the number of its user where the process cannot be seen.
std::string stranger_on_port(const TcpSocket& listener);

}  // namespace holdfast::host
