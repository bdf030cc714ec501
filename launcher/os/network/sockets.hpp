// The sockets of this machine: connects to servers, and finds out who listens.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/tcp_table.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/tagged_processes.hpp"

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

// An address and port of TCP, of either version of IP, in the form that the kernel takes.
union AnyAddress {
  sockaddr generic;
  sockaddr_in v4;
  sockaddr_in6 v6;

  socklen_t size() const { return generic.sa_family == AF_INET ? sizeof v4 : sizeof v6; }
};

// Reads an address in the form of inet_pton(3). None: it is none.
std::optional<AnyAddress> parse_address(const std::string& address, std::uint16_t port);

// Returns the address of our end of a connection. None: the socket has no such end.
std::optional<AnyAddress> own_address(int socket);

// Asks the kernel for sockets by netlink, sock_diag(7). An answer takes microseconds. A read of
// /proc/net/tcp takes milliseconds, because the kernel goes through a table for all connections
// that the machine could have.

// Returns the socket that would get a connection to this address of the machine. None: there is
// none, or the kernel does not answer.
std::optional<TcpSocket> diagnosed_listener(const std::string& address, std::uint16_t port);

// Returns the other end of a connection within this machine. None: there is none, or the kernel
// does not answer.
std::optional<TcpSocket> diagnosed_other_end(const UniqueFd& connection);

// A Unix socket that listens.
struct UnixListener {
  std::string path;        // as it was given to bind(2)
  unsigned device = 0;     // of the file; the kernel's own form, kernel_form()
  std::uint32_t file = 0;  // the low half of the file's inode
  std::uint64_t inode = 0;
  std::optional<unsigned> user = {};  // uid; Linux before 5.3 does not tell it
};

// Returns the Unix sockets of this network namespace that listen at a path. None: the kernel does
// not answer such questions.
std::optional<std::vector<UnixListener>> diagnosed_unix_listeners();

// Returns a device as the kernel writes it in answers.
unsigned kernel_form(dev_t device);

// Returns the inode of the other end of a connected Unix socket; 0: no process has accepted the
// connection. None: the kernel does not answer.
std::optional<std::uint64_t> diagnosed_unix_peer(const UniqueFd& connection);

// The TCP sockets of this network namespace.

// Returns the sockets that listen, of both versions of IP. Empty if the kernel does not tell.
std::vector<TcpSocket> listening_sockets();

// Returns the socket that gets connections to one of these addresses, which are in the form of
// inet_pton(3). If there is none, returns a socket that listens on the port at another address.
// None: nobody listens on the port, or the kernel does not tell.
std::optional<TcpSocket> listener_at(const std::vector<std::string>& addresses, std::uint16_t port);

// Returns the other end of a connection within this machine. None: there is none, or the kernel
// does not tell.
std::optional<TcpSocket> other_end_of(const UniqueFd& connection);

// Reads all sockets from /proc. This is for kernels that do not answer single questions. Empty if
// /proc cannot be read.
std::vector<TcpSocket> tcp_sockets();

// Return a socket of any kind as os/process/tagged_processes.hpp needs it to find the processes
// that have it open.
Stream stream_of(const TcpSocket& socket);
Stream stream_of_socket(std::uint64_t inode);

}  // namespace holdfast::os
