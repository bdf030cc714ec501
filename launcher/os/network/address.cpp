#include "os/network/address.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace holdfast::os {
namespace {

constexpr int k_kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

Result<UniqueFd> begin(int family, const sockaddr* address, socklen_t size,
                       const std::string& where) {
  UniqueFd socket(::socket(family, k_kind, 0));
  if (!socket.valid()) return system_error("make a socket");
  const int done = retried([&] { return ::connect(socket.get(), address, size); });
  if (done != 0 && errno == EAGAIN && family == AF_UNIX) return UniqueFd();
  if (done != 0 && errno != EINPROGRESS) return system_error("connect to " + where);
  return socket;
}

// `look`: getsockname(2) or getpeername(2).
template <typename Look>
std::optional<AnyAddress> address_by(Look look, int socket) {
  AnyAddress address{};
  socklen_t size = sizeof address;
  if (look(socket, &address.generic, &size) != 0) return std::nullopt;
  return address;
}

std::uint16_t port_in(const std::optional<AnyAddress>& address) {
  if (!address) return 0;
  return ntohs(address->generic.sa_family == AF_INET ? address->v4.sin_port
                                                     : address->v6.sin6_port);
}

}  // namespace

Result<UniqueFd> begin_to_connect(const std::string& address, std::uint16_t port) {
  const std::string where = address + " port " + std::to_string(port);
  const std::optional<AnyAddress> to = parse_address(address, port);
  if (!to) return system_error("connect to " + where, EINVAL);
  return begin(to->generic.sa_family, &to->generic, to->size(), where);
}

Result<UniqueFd> connect_to_stream(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  UniqueFd directory;
  std::string place = path;
  const std::size_t slash = path.rfind('/');
  if (place.size() >= sizeof address.sun_path && slash != std::string::npos) {
    // A descriptor makes it shorter.
    directory =
        UniqueFd(::open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory.valid()) return system_error("connect to " + path);
    place = "/proc/self/fd/" + std::to_string(directory.get()) + path.substr(slash);
  }
  if (place.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return system_error("connect to " + path);
  }
  std::memcpy(address.sun_path, place.c_str(), place.size() + 1);
  return begin(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, path);
}

Result<void> look_for_listener(const std::string& path) {
  const Result<UniqueFd> connection = connect_to_stream(path);
  // The kernel looks at the type when it has found the socket, and at the backlog after that.
  if (connection || errno == EPROTOTYPE) return {};
  return connection.error();
}

int connection_error(const UniqueFd& socket) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

std::uint16_t own_port(const UniqueFd& socket) { return port_in(own_address(socket.get())); }

std::uint16_t other_port(const UniqueFd& socket) { return port_in(other_address(socket.get())); }

std::optional<AnyAddress> parse_address(const std::string& address, std::uint16_t port) {
  AnyAddress parsed{};
  if (::inet_pton(AF_INET, address.c_str(), &parsed.v4.sin_addr) == 1) {
    parsed.v4.sin_family = AF_INET;
    parsed.v4.sin_port = htons(port);
    return parsed;
  }
  if (::inet_pton(AF_INET6, address.c_str(), &parsed.v6.sin6_addr) == 1) {
    parsed.v6.sin6_family = AF_INET6;
    parsed.v6.sin6_port = htons(port);
    return parsed;
  }
  return std::nullopt;
}

std::optional<AnyAddress> own_address(int socket) { return address_by(::getsockname, socket); }

std::optional<AnyAddress> other_address(int socket) { return address_by(::getpeername, socket); }

}  // namespace holdfast::os
