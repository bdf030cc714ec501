// An address and port of TCP, of either version of IP, in the form that the kernel takes.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

// Connections to servers on this machine, for a process that must not wait.

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

// Returns the port of our end of a TCP connection; 0: it has none.
std::uint16_t own_port(const UniqueFd& socket);
// Returns the port of the other end; 0: there is none.
std::uint16_t other_port(const UniqueFd& socket);

union AnyAddress {
  sockaddr generic;
  sockaddr_in v4;
  sockaddr_in6 v6;

  socklen_t size() const { return generic.sa_family == AF_INET ? sizeof v4 : sizeof v6; }
};

// Reads an address in the form of inet_pton(3). None: it is none.
std::optional<AnyAddress> parse_address(const std::string& address, std::uint16_t port);

// Return the addresses of the two ends of a connection. None: the socket has no such end.
std::optional<AnyAddress> own_address(int socket);
std::optional<AnyAddress> other_address(int socket);

}  // namespace holdfast::os
