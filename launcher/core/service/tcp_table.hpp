// Reads /proc/net/tcp and /proc/net/tcp6, proc(5): which sockets there are.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace holdfast {

struct TcpSocket {
  std::uint16_t port = 0;        // its own
  std::uint16_t other_port = 0;  // of a connection: the other end's; 0: it listens
  bool listens = false;
  unsigned user = 0;        // uid
  std::uint64_t inode = 0;  // 0: no process has it (yet)

  friend bool operator==(const TcpSocket&, const TcpSocket&) = default;
};

// Leaves out lines that it does not understand, and closed connections.
std::vector<TcpSocket> read_tcp_table(std::string_view table);

// Of `sockets`: the one that listens on the port; null: there is none.
const TcpSocket* listener_on(const std::vector<TcpSocket>& sockets, std::uint16_t port);
// Of `sockets`: the server's end of a connection to `port` from `client`; null: there is none.
const TcpSocket* server_end(const std::vector<TcpSocket>& sockets, std::uint16_t port,
                            std::uint16_t client);

}  // namespace holdfast
