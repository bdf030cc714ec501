// Where a service answers: `HOST:PORT`, or `http://HOST:PORT/PATH`. The host is this machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace holdfast {

struct Endpoint {
  // Addresses to try in turn, as inet_pton(3) reads them. No name except `localhost` is looked up,
  // because a look-up may take long, and a service is on this machine.
  std::vector<std::string> addresses;
  std::uint16_t port = 0;
  std::string host;  // as it was written
  std::string path;  // only a URL has one; it begins with `/`
};

Result<Endpoint> parse_endpoint(std::string_view text);
Result<Endpoint> parse_http_endpoint(std::string_view url);

// Reads the sockets of /proc/net/tcp and /proc/net/tcp6, proc(5).
struct TcpSocket {
  std::uint16_t port = 0;        // its own
  std::uint16_t other_port = 0;  // the port of the other end of a connection; 0: it listens
  bool listens = false;
  unsigned user = 0;        // uid
  std::uint64_t inode = 0;  // 0: no process has it, or not yet

  friend bool operator==(const TcpSocket&, const TcpSocket&) = default;
};

// Leaves out lines that it does not understand, and closed connections.
std::vector<TcpSocket> read_tcp_table(std::string_view table);

// Returns the socket that listens on the port. Null: there is none.
const TcpSocket* listener_on(const std::vector<TcpSocket>& sockets, std::uint16_t port);
// Returns the server's end of the connection from the port `client` to `port`. Null: there is none.
const TcpSocket* server_end(const std::vector<TcpSocket>& sockets, std::uint16_t port,
                            std::uint16_t client);

}  // namespace holdfast
