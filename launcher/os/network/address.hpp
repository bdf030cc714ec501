// An address of TCP, of either version of IP, in the form that the kernel takes.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::os {

union AnyAddress {
  sockaddr generic;
  sockaddr_in v4;
  sockaddr_in6 v6;

  socklen_t size() const { return generic.sa_family == AF_INET ? sizeof v4 : sizeof v6; }
  std::uint16_t port() const;  // 0: it has none
};

// `address` is in the form of inet_pton(3). None: it is not.
std::optional<AnyAddress> parse_address(const std::string& address, std::uint16_t port);

// The addresses of the two ends of a socket. None: it has none.
std::optional<AnyAddress> own_address(int socket);
std::optional<AnyAddress> other_address(int socket);

}  // namespace holdfast::os
