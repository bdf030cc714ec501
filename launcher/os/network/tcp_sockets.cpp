#include "os/network/tcp_sockets.hpp"

#include <sys/socket.h>

#include <string>

#include "os/file/file_text.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {
namespace {

constexpr std::size_t k_largest_table = std::size_t{16} << 20;

// All sockets are files of the same device.
dev_t sockets_device() {
  static const dev_t k_device = [] {
    const UniqueFd any(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return stream_of(any.get()).device;
  }();
  return k_device;
}

}  // namespace

std::vector<TcpSocket> tcp_sockets() {
  std::vector<TcpSocket> sockets;
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const Result<std::string> table = read_file(path, k_largest_table);
    if (!table) continue;
    const std::vector<TcpSocket> some = read_tcp_table(*table);
    sockets.insert(sockets.end(), some.begin(), some.end());
  }
  return sockets;
}

Stream stream_of(const TcpSocket& socket) { return {sockets_device(), socket.inode}; }

}  // namespace holdfast::os
