// Connections to servers on this machine, for a process that must not wait.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Begins to connect. The socket becomes writable when it is connected or connecting has failed.
// `address` is in the form of inet_pton(3), of either version of IP.
Result<UniqueFd> begin_to_connect(const std::string& address, std::uint16_t port);
// Connects to a Unix socket of type SOCK_STREAM. The path may be longer than an address can be. The
// descriptor is invalid if the backlog is full. If it fails, errno says why.
Result<UniqueFd> connect_to_stream(const std::string& path);

// Fails if nobody listens at this path, or we may not connect there. The type of the socket does
// not matter. Connects to a stream socket and closes the connection; never waits.
Result<void> look_for_listener(const std::string& path);

// Returns how connect(2) ended: an errno, or 0 for a connection.
int connection_error(const UniqueFd& socket);

// Returns the port of our end; 0: it has none.
std::uint16_t own_port(const UniqueFd& socket);
// Returns the port of the other end; 0: there is none.
std::uint16_t other_port(const UniqueFd& socket);

}  // namespace holdfast::os
