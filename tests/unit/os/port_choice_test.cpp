// Ports of this machine, below the ephemeral range. Only ports that the test has locked are used.
#include "os/network/port_choice.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <set>

#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/test_lock.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::os {
namespace {

// A socket that listens there, shared with any other that wants to share; invalid: there is no such
// address here.
UniqueFd listener(const char* address, std::uint16_t port) {
  const bool is_six = std::string_view(address).find(':') != std::string_view::npos;
  UniqueFd socket(::socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  sockaddr_in four{};
  sockaddr_in6 six{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  void* const into = is_six ? static_cast<void*>(&six.sin6_addr) : &four.sin_addr;
  ::inet_pton(is_six ? AF_INET6 : AF_INET, address, into);
  const auto* const bound =
      is_six ? reinterpret_cast<const sockaddr*>(&six) : reinterpret_cast<const sockaddr*>(&four);
  if (::bind(socket.get(), bound, is_six ? sizeof six : sizeof four) != 0) return {};
  EXPECT_EQ(::listen(socket.get(), 5), 0);
  return socket;
}

constexpr unsigned k_ports = 64;

struct Taken {
  std::vector<LockRequest> locks;
  std::vector<std::uint16_t> ports;

  explicit Taken(unsigned count) {
    const Result<void> taken = take_ports(count, {}, party_named("taker"), locks);
    if (!taken) throw std::runtime_error(taken.error().message);
    for (const LockRequest& lock : locks) {
      ports.push_back(*parse_number<std::uint16_t>(port_in_text(lock.spec())));
    }
  }
};

TEST(PortChoice, ChosenPortsDifferLieBelowTheEphemeralRangeAndAreLocked) {
  const Taken taken(k_ports);
  const Result<std::string> ephemeral = read_file("/proc/sys/net/ipv4/ip_local_port_range");
  const PortRange range = ports_below(ephemeral ? *ephemeral : "");
  ASSERT_EQ(taken.locks.size(), k_ports);
  EXPECT_EQ(std::set(taken.ports.begin(), taken.ports.end()).size(), k_ports);
  for (std::size_t i = 0; i < k_ports; ++i) {
    const std::uint16_t port = taken.ports[i];
    EXPECT_GE(port, range.first);
    EXPECT_LT(port, range.first + range.count);
    EXPECT_EQ(taken.locks[i].spec(), lock_of_port(port));
    Result<LockRequest> another = LockRequest::open(lock_of_port(port), {});
    ASSERT_TRUE(another);
    EXPECT_FALSE(*another->try_take());
    ASSERT_EQ(another->holders().size(), 1U);
    EXPECT_EQ(another->holders()[0].test, "taker");
  }
}

TEST(PortChoice, APortWhoseLockSomebodyHasIsNotTaken) {
  std::optional<Taken> first(1);
  const std::uint16_t port = first->ports.front();
  std::vector<LockRequest> locks;
  EXPECT_FALSE(*take_port(port, {}, locks));
  EXPECT_TRUE(locks.empty());
  first.reset();
  EXPECT_TRUE(*take_port(port, {}, locks));
  EXPECT_EQ(locks.size(), 1U);
}

// A test may have locks and ports.
TEST(PortChoice, PortsComeBesidesTheLocksThatAreThere) {
  const TestLock lock;
  std::vector<LockRequest> locks;
  locks.push_back(lock.request());
  ASSERT_TRUE(takes(locks.front()));
  ASSERT_TRUE(take_ports(2, {}, party_named("taker"), locks));
  ASSERT_EQ(locks.size(), 3U);
  EXPECT_NE(port_in_text(locks[1].spec()), port_in_text(locks[2].spec()));
}

TEST(PortChoice, APortOnWhichSomebodyListensIsNotTakenWhicheverTheAddress) {
  for (const char* address : {"127.0.0.1", "127.0.0.77", "0.0.0.0", "::1", "::"}) {
    std::optional<Taken> taken(1);
    const std::uint16_t port = taken->ports.front();
    EXPECT_TRUE(is_port_free(port)) << address;
    const UniqueFd socket = listener(address, port);
    if (!socket.valid()) continue;
    EXPECT_FALSE(is_port_free(port)) << address;
    taken.reset();
    std::vector<LockRequest> locks;
    EXPECT_FALSE(*take_port(port, {}, locks)) << address;
    EXPECT_TRUE(locks.empty()) << address;
  }
}

TEST(PortChoice, TheFilesOfUnusedLocksCanBeRemoved) {
  const auto exists = [](std::uint16_t port) {
    return std::filesystem::exists(user_directory_path() + "/locks/user/port-" +
                                   std::to_string(port));
  };
  std::optional<Taken> gone(1);
  const Taken there(1);
  const std::uint16_t port = gone->ports.front();
  gone.reset();
  EXPECT_TRUE(exists(port));
  remove_unused_port_locks();
  // Another process may have chosen the port meanwhile.
  std::vector<LockRequest> locks;
  if (exists(port)) {
    EXPECT_FALSE(*take_port(port, {}, locks));
  }
  EXPECT_TRUE(exists(there.ports.front()));
  EXPECT_FALSE(there.locks.front().is_lost());
}

}  // namespace
}  // namespace holdfast::os
