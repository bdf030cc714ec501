// The TCP sockets of this network namespace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/service/tcp_table.hpp"
#include "os/file/unique_fd.hpp"
#include "os/process/stream_holders.hpp"

namespace holdfast::os {

// Returns the sockets that listen, of both versions of IP. Empty if the kernel does not tell.
std::vector<TcpSocket> listening_sockets();

// Returns the socket that gets connections to one of these addresses, which are in the form of
// inet_pton(3). If there is none, returns a socket that listens on the port at another address.
// None: nobody listens on the port, or the kernel does not tell.
std::optional<TcpSocket> listener_at(const std::vector<std::string>& addresses, std::uint16_t port);

// Returns the other end of a connection within this machine. None: there is none, or the kernel
// does not tell.
std::optional<TcpSocket> other_end_of(const UniqueFd& connection);

// Reads all sockets from /proc. This is for kernels that do not answer single questions
// (socket_diagnosis.hpp). Empty if /proc cannot be read.
std::vector<TcpSocket> tcp_sockets();

// Return a socket of any kind as stream_holders.hpp needs it to find the processes that have it
// open.
Stream stream_of(const TcpSocket& socket);
Stream stream_of_socket(std::uint64_t inode);

}  // namespace holdfast::os
