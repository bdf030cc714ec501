#include "os/network/connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "os/file/system_call.hpp"

namespace holdfast::os {
namespace {

constexpr int k_kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

// Room for an address of either version.
union AnyAddress {
  sockaddr generic;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

std::uint16_t port_of(const AnyAddress& address) {
  if (address.generic.sa_family == AF_INET) return ntohs(address.v4.sin_port);
  return address.generic.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : 0;
}

Result<UniqueFd> begin(int family, const sockaddr* address, socklen_t size,
                       const std::string& where) {
  UniqueFd socket(::socket(family, k_kind, 0));
  if (!socket.valid()) return system_error("make a socket");
  const int done = retried([&] { return ::connect(socket.get(), address, size); });
  if (done != 0 && errno != EINPROGRESS) return system_error("connect to " + where);
  return socket;
}

}  // namespace

Result<UniqueFd> begin_to_connect(const std::string& address, std::uint16_t port) {
  AnyAddress to{};
  const std::string where = address + " port " + std::to_string(port);
  if (::inet_pton(AF_INET, address.c_str(), &to.v4.sin_addr) == 1) {
    to.v4.sin_family = AF_INET;
    to.v4.sin_port = htons(port);
    return begin(AF_INET, &to.generic, sizeof to.v4, where);
  }
  if (::inet_pton(AF_INET6, address.c_str(), &to.v6.sin6_addr) == 1) {
    to.v6.sin6_family = AF_INET6;
    to.v6.sin6_port = htons(port);
    return begin(AF_INET6, &to.generic, sizeof to.v6, where);
  }
  return system_error("connect to " + where, EINVAL);
}

Result<UniqueFd> connect_to_stream(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return system_error("connect to " + path, ENAMETOOLONG);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return begin(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, path);
}

int connection_error(const UniqueFd& socket) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

std::uint16_t own_port(const UniqueFd& socket) {
  AnyAddress own{};
  socklen_t size = sizeof own;
  return ::getsockname(socket.get(), &own.generic, &size) == 0 ? port_of(own) : 0;
}

std::uint16_t other_port(const UniqueFd& socket) {
  AnyAddress other{};
  socklen_t size = sizeof other;
  return ::getpeername(socket.get(), &other.generic, &size) == 0 ? port_of(other) : 0;
}

pid_t listening_process(const UniqueFd& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
  return peer.pid;
}

}  // namespace holdfast::os
