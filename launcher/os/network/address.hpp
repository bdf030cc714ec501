// An address and port of TCP, of either version of IP, in the form that the kernel takes.
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
  std::uint16_t port() const;  // 0: there is none
};

// Reads an address in the form of inet_pton(3). None: it is none.
std::optional<AnyAddress> parse_address(const std::string& address, std::uint16_t port);

// Return the addresses of the two ends of a connection. None: the socket has no such end.
std::optional<AnyAddress> own_address(int socket);
std::optional<AnyAddress> other_address(int socket);

}  // namespace holdfast::os
