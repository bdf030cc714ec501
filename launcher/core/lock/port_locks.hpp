// The TCP ports that Holdfast hands out, and the locks that stand for them. Among processes of one
// user, whoever has the lock of a port may use the port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/lock/lock_spec.hpp"

namespace holdfast {

// What the locks of ports have before the number: `port-8080`.
inline constexpr std::string_view k_port_lock_prefix = "port-";

LockSpec lock_of_port(std::uint16_t port);
// The number of the port, as text. Only for such a lock.
std::string_view port_in_text(const LockSpec& lock);

// The ports to choose from. The kernel gives those of the ephemeral range to anybody who asks for
// any port, so these lie below it.
struct PortRange {
  std::uint16_t first = 1024;  // ports below are root's
  unsigned count = 0;          // 0: there is none
};
// `ephemeral`: the text of /proc/sys/net/ipv4/ip_local_port_range, ip(7). If it is not understood,
// the kernel's default holds.
PortRange ports_below(std::string_view ephemeral);

// The candidate that is tried after `tried` others. `start` is random, so that processes that
// choose at the same time rarely try the same ports. The range is not empty.
std::uint16_t candidate(const PortRange& range, std::uint32_t start, unsigned tried);

// How many candidates are tried at most. A choice takes no more than some 10 ms in the worst case.
inline constexpr unsigned k_most_port_tries = 1000;

// `8001;8002`, as services and tests are told them.
std::string ports_in_text(const std::vector<std::uint16_t>& ports);

}  // namespace holdfast
