#include "os/network/port_choice.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_directory.hpp"

namespace holdfast::os {
namespace {

// Without SO_REUSEADDR, a bind to all addresses fails if any socket has the port at any address.
bool may_bind(const sockaddr* address, socklen_t size) {
  const UniqueFd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return errno == EAFNOSUPPORT;  // nobody has a socket of this kind
  // Otherwise this socket would also collide with that of IPv4, which is checked on its own.
  const int yes = 1;
  if (address->sa_family == AF_INET6) {
    (void)::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  }
  return ::bind(socket.get(), address, size) == 0 || errno == EADDRNOTAVAIL;
}

}  // namespace

Result<bool> take_port(std::uint16_t port, const LockParty& holder,
                       std::vector<LockRequest>& locks) {
  HOLDFAST_TRY(LockRequest request, LockRequest::open(lock_of_port(port), {}));
  Result<bool> had = request.try_take();
  // The look comes after the lock. If it came first, the last holder of the lock could begin to
  // listen after our look, and then let go of the lock.
  if (!had || !*had) return had;
  if (!is_port_free(port)) return false;
  request.sign(holder);
  locks.push_back(std::move(request));
  return true;
}

bool is_port_free(std::uint16_t port) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = four.sin_port;
  return may_bind(reinterpret_cast<const sockaddr*>(&four), sizeof four) &&
         may_bind(reinterpret_cast<const sockaddr*>(&six), sizeof six);
}

Result<void> take_ports(unsigned count, const std::vector<std::uint16_t>& others,
                        const LockParty& holder, std::vector<LockRequest>& locks) {
  const Result<std::string> ephemeral = read_file("/proc/sys/net/ipv4/ip_local_port_range");
  const PortRange range = ports_below(ephemeral ? std::string_view(*ephemeral) : "");
  std::uint32_t start = 0;
  // Without a random number the choice only takes longer.
  (void)!::getrandom(&start, sizeof start, GRND_NONBLOCK);
  const std::size_t wanted = locks.size() + count;
  for (unsigned tried = 0; locks.size() < wanted; ++tried) {
    if (tried == k_most_port_tries || tried >= range.count) {
      return Error{
          "choose a TCP port: found none that is free from 1024 up to where "
          "/proc/sys/net/ipv4/ip_local_port_range begins"};
    }
    const std::uint16_t port = candidate(range, start, tried);
    if (contains(others, port)) continue;
    const Result<bool> taken = take_port(port, holder, locks);
    if (!taken) return taken.error();
  }
  return {};
}

void remove_unused_port_locks() {
  const Result<UniqueFd> top = open_user_directory();
  if (!top) return;
  const std::string below =
      std::string(names::k_user_locks_directory) + "/" + scope_directory(LockScope::user, {});
  const UniqueFd scope(::openat(top->get(), below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (const std::string& name : names_in(scope)) {
    if (name.starts_with(k_port_lock_prefix)) remove_level(scope, name);
  }
}

}  // namespace holdfast::os
