// Processes that have what a service needs: a port, a socket.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "core/service/tcp_table.hpp"

namespace holdfast::host {

// Returns a text such as `pid 12 (redis-server *:6379), there for 3min, in /home/me/build, of test
// "a" (run 12-…)`. Leaves out what may not be read.
std::string stranger(pid_t pid);

// Returns a text such as `port 6379 belongs to pid 12 (…)`. If the process cannot be seen, the text
// has the number of its user.
std::string stranger_on_port(const TcpSocket& listener);

// To be called before a service starts whose port is declared, when the port's lock is had. Waits,
// a second at most, while only dying processes listen there: those of an earlier run that was
// killed as a whole.
void await_dying_listener(std::uint16_t port);

}  // namespace holdfast::host
