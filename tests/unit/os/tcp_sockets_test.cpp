#include "os/network/sockets.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/child_process.hpp"
#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

ino_t inode_of(const UniqueFd& socket) {
  struct stat status {};
  EXPECT_EQ(::fstat(socket.get(), &status), 0);
  return status.st_ino;
}

// A socket that listens on a port of the kernel's choice at all addresses. Invalid: this machine
// has no such version of IP.
UniqueFd listener(int family) {
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 any{};
  any.sin6_family = static_cast<sa_family_t>(family);
  const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof any;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), size) != 0) return {};
  EXPECT_EQ(::listen(socket.get(), 5), 0);
  return socket;
}

// A connection that the kernel has made, and that nobody has accepted yet.
UniqueFd connected(const std::string& address, std::uint16_t port) {
  Result<UniqueFd> socket = begin_to_connect(address, port);
  if (!socket) return {};
  pollfd news{socket->get(), POLLOUT, 0};
  EXPECT_EQ(::poll(&news, 1, static_cast<int>(k_patience.count())), 1);
  EXPECT_EQ(connection_error(*socket), 0);
  return std::move(*socket);
}

void expect_to_find(int family, const std::string& address) {
  const UniqueFd server = listener(family);
  if (!server.valid()) return;
  const std::uint16_t port = own_port(server);
  for (const std::vector<TcpSocket>& sockets : {listening_sockets(), tcp_sockets()}) {
    const TcpSocket* const found = listener_on(sockets, port);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->inode, inode_of(server));
    EXPECT_EQ(found->user, ::geteuid());
  }
  for (const std::optional<TcpSocket>& found :
       {diagnosed_listener(address, port), listener_at({"127.0.0.7", address}, port),
        listener_at({"192.0.2.1"}, port)}) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->inode, inode_of(server));
  }
  const UniqueFd client = connected(address, port);
  ASSERT_TRUE(client.valid());
  EXPECT_EQ(other_port(client), port);
  std::optional<TcpSocket> end = other_end_of(client);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->inode, 0U);  // no process has it
  const UniqueFd accepted(::accept(server.get(), nullptr, nullptr));
  end = other_end_of(client);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->inode, inode_of(accepted));
  // From /proc it is the same.
  const std::vector<TcpSocket> all = tcp_sockets();
  const TcpSocket* const from_proc = server_end(all, port, own_port(client));
  ASSERT_NE(from_proc, nullptr);
  EXPECT_EQ(*from_proc, *end);
}

TEST(TcpSockets, AreFoundByPortAndByConnection) { expect_to_find(AF_INET, "127.0.0.1"); }

TEST(TcpSockets, OfIpSixAreFoundToo) {
  expect_to_find(AF_INET6, "::1");
  expect_to_find(AF_INET6, "127.0.0.1");  // such a server takes both
}

TEST(TcpSockets, OfTwoAtOnePortTheOneAtTheAddressIsFound) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  UniqueFd servers[2];
  for (UniqueFd& server : servers) {
    server = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(&server - servers));
    ASSERT_EQ(::bind(server.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place), 0);
    ASSERT_EQ(::listen(server.get(), 5), 0);
    place.sin_port = htons(own_port(server));
  }
  const std::uint16_t port = own_port(servers[0]);
  const std::optional<TcpSocket> first = listener_at({"127.0.0.1"}, port);
  const std::optional<TcpSocket> second = listener_at({"127.0.0.2"}, port);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->inode, inode_of(servers[0]));
  EXPECT_EQ(second->inode, inode_of(servers[1]));
  servers[0].reset();
  servers[1].reset();
  EXPECT_FALSE(listener_at({"127.0.0.1"}, port));
}

TEST(TcpSockets, ANameIsNoAddress) {
  EXPECT_FALSE(parse_address("localhost", 80));
  EXPECT_FALSE(begin_to_connect("localhost", 80));
}

TEST(UnixSockets, ThoseThatHaveAPathAreListed) {
  const Scratch scratch;
  const auto listening_at = [](const std::string& name) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    name.copy(own.sun_path, sizeof own.sun_path);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), size), 0);
    EXPECT_EQ(::listen(socket.get(), 5), 0);
    return socket;
  };
  const std::string path = scratch.path("s");
  const UniqueFd named = listening_at(path);
  const UniqueFd nameless = listening_at('\0' + path);
  const std::optional<std::vector<UnixListener>> all = diagnosed_unix_listeners();
  if (!all) GTEST_SKIP() << "this kernel does not tell of Unix sockets";
  const auto found = std::ranges::find(*all, inode_of(named), &UnixListener::inode);
  ASSERT_NE(found, all->end());
  EXPECT_EQ(found->path, path);
  EXPECT_EQ(std::ranges::find(*all, inode_of(nameless), &UnixListener::inode), all->end());
}

TEST(TcpSockets, AConnectionThatIsClosedHasNoOtherEnd) {
  UniqueFd server = listener(AF_INET);
  const UniqueFd client = connected("127.0.0.1", own_port(server));
  ASSERT_TRUE(client.valid());
  server.reset();  // and with it the connection that nobody has accepted
  EXPECT_FALSE(other_end_of(client));
  EXPECT_FALSE(diagnosed_other_end(UniqueFd()));
}

TEST(TcpSockets, ManyListenersAreListedWhole) {
  std::vector<UniqueFd> servers;
  for (int i = 0; i < 400; ++i) servers.push_back(listener(AF_INET));
  const std::vector<TcpSocket> sockets = listening_sockets();
  for (const UniqueFd& server : servers) {
    EXPECT_NE(listener_on(sockets, own_port(server)), nullptr);
  }
}

}  // namespace
}  // namespace holdfast::os
