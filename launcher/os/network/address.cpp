#include "os/network/address.hpp"

#include <arpa/inet.h>

namespace holdfast::os {

std::uint16_t AnyAddress::port() const {
  if (generic.sa_family == AF_INET) return ntohs(v4.sin_port);
  return generic.sa_family == AF_INET6 ? ntohs(v6.sin6_port) : 0;
}

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

std::optional<AnyAddress> own_address(int socket) {
  AnyAddress own{};
  socklen_t size = sizeof own;
  if (::getsockname(socket, &own.generic, &size) != 0) return std::nullopt;
  return own;
}

std::optional<AnyAddress> other_address(int socket) {
  AnyAddress other{};
  socklen_t size = sizeof other;
  if (::getpeername(socket, &other.generic, &size) != 0) return std::nullopt;
  return other;
}

}  // namespace holdfast::os
