// Processes that have what a service needs: a port, a socket.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/tcp_table.hpp"
#include "os/process/tagged_processes.hpp"
#include "values/service_spec.hpp"

namespace holdfast::host {

// A socket that listens at a place of the service.
struct Listening {
  std::string place;  // `port 6379`, or the path of a Unix socket
  os::Stream stream;
  std::optional<unsigned> user = {};  // uid; none: the kernel does not tell it
};

// Returns a socket that is known to listen, in this form.
Listening listening_socket(const TcpSocket& socket);

// Returns the socket that gets connections to the place; if there is none, one that listens on the
// port at another address. None: nobody listens there, or the kernel does not tell.
std::optional<Listening> listening_at(const Endpoint& endpoint);

// Does the same for the path of a Unix socket. None also if it listens in another network
// namespace.
std::optional<Listening> listening_at(const std::string& path);

// Does the same for the place of a probe. None also if the probe has no place, such as a command.
std::optional<Listening> listening_at(const ServiceProbe& probe);

// Does the same for the port at this machine.
std::optional<Listening> listening_on(std::uint16_t port);

// Returns a text such as `pid 12 (redis-server *:6379), there for 3 min 20 s, in /home/me/build, of
// test "a" (run 12-…)`. Leaves out what may not be read.
std::string stranger(pid_t pid);

// Returns a text such as `port 6379 belongs to pid 12 (…)`. If the process cannot be seen, the text
// has the number of its user.
std::string owner_of(const Listening& listening);

// To be called before a service starts whose port is declared, and after the port's lock was taken.
// Waits, for a second at most, while only dying processes listen there: those of an earlier run
// that was killed as a whole.
void await_dying_listener(std::uint16_t port);

}  // namespace holdfast::host
