// What keeper and service host say to each other: packets of a SOCK_SEQPACKET socket, in the form
// of core/settings/message.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "core/service/service_spec.hpp"
#include "core/settings/message.hpp"
#include "core/settings/policy.hpp"

namespace holdfast::wire {

// keeper -> host, first of all.
struct HostOrder {
  ServiceSpec spec;  // placeholders filled in, but for ports that its output will tell
  ProcessName ctest;
  std::string attempt;  // the name by which its processes are found
  unsigned instance = 0;
  unsigned generation = 1;
  std::vector<std::uint16_t> ports;
  // Descriptors that the host inherits and keeps until nothing of the generation is left: the locks
  // of the ports, and the pipes of the services that it depends on.
  std::vector<int> kept;
  // A pipe that hangs up when nothing is left of the services that depend on this one; -1: none do.
  int dependents = -1;
  // Words that stand before each command of the service, so that it runs as its user.
  ServiceCommand before;
  Containment containment = Containment::none;
  std::string cgroup;   // the name for a cgroup, for `containment`
  std::string log;      // path
  std::string scratch;  // path of an empty directory
};

// keeper -> host, without fields.
inline constexpr std::string_view k_check = "check";    // answered by healthy or unhealthy
inline constexpr std::string_view k_reset = "reset";    // likewise
inline constexpr std::string_view k_stop = "stop";      // answered by the host's end
inline constexpr std::string_view k_stacks = "stacks";  // into its log; not answered
// host -> keeper. There are also k_say and k_contain of core/settings/wire.hpp.
//
// `log_size`: how many bytes it has printed. `last_lines`: the last of them.
inline constexpr std::string_view k_ready =
    "ready";  // `log_size`, `last_lines`, `pid`; `port`, as it was told
inline constexpr std::string_view k_healthy = "healthy";  // fields `log_size`, `last_lines`
inline constexpr std::string_view k_unhealthy =
    "unhealthy";                                    // fields `why`, `log_size`, `last_lines`
inline constexpr std::string_view k_died = "died";  // fields `why`, `last_lines`

Message to_message(const HostOrder& order);
Result<HostOrder> to_host_order(const Message& message);

}  // namespace holdfast::wire
