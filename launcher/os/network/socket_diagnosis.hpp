// Asks the kernel for TCP sockets by netlink, sock_diag(7). An answer takes microseconds. A read of
// /proc/net/tcp takes milliseconds, because the kernel goes through a table for all connections
// that the machine could have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/service/tcp_table.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Returns the sockets that listen, of both versions of IP. None: the kernel does not answer such
// questions, or we may not ask them.
std::optional<std::vector<TcpSocket>> diagnosed_listeners();

// Returns the socket that would get a connection to this address of the machine. None: there is
// none, or the kernel does not answer.
std::optional<TcpSocket> diagnosed_listener(const std::string& address, std::uint16_t port);

// Returns the other end of a connection within this machine. None: there is none, or the kernel
// does not answer.
std::optional<TcpSocket> diagnosed_other_end(const UniqueFd& connection);

}  // namespace holdfast::os
