// What keeper and service host say to each other: packets of a SOCK_SEQPACKET socket, in the form
// of base/message.hpp. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/message.hpp"
#include "base/process_name.hpp"
#include "base/result.hpp"
#include "values/fields.hpp"
#include "values/policy.hpp"
#include "values/service_spec.hpp"
#include "values/service_state.hpp"

namespace holdfast::wire {

// keeper -> host, first of all.
struct HostOrder {
  static constexpr std::string_view k_kind = "service";
  ServiceSpec spec;  // placeholders filled in, but for ports that its output will tell
  ProcessName ctest;
  std::string attempt;  // the name by which its processes are found
  unsigned instance = 0;
  unsigned generation = 0;
  std::vector<std::uint16_t> ports;
  // Descriptors that the host inherits and keeps until nothing of the generation is left: the locks
  // of the ports, and the pipes of the services that it depends on.
  std::vector<int> kept;
  // A pipe that hangs up when nothing is left of the services that depend on this one; -1: none do.
  int dependents = -1;
  // Words that stand before each command of the service, so that it runs as its user.
  ServiceCommand before;
  Containment containment = {};
  bool must_be_contained = false;  // it does not start without `containment`
  int network = -1;     // a descriptor that the host inherits: it joins this network; -1: none
  std::string cgroup;   // the name for a cgroup, for `containment`
  std::string log;      // path
  std::string scratch;  // path of an empty directory
  // For a service that people keep: the socket where the host listens. It is bound to nobody then.
  // Empty: it is bound to ctest.
  std::string kept_at;
  // The build tree of such a service, which does not outlive it.
  std::string tree;

  // The port that its output has told takes the place of the first one. 0: it has told none.
  void take_told(std::uint16_t port) {
    if (port == 0) return;
    if (ports.empty()) ports.resize(1);
    ports.front() = port;
  }
};

void each_field(Any<HostOrder> auto& order, auto&& use) {
  use("name", order.spec.name);
  use("origin", order.spec.origin);
#define HOLDFAST_SERVICE_KEY(field, key, ...) use(key, order.spec.field);
#include "values/service_keys.def"
  use("ctest", order.ctest);
  use("attempt", order.attempt);
  use("instance-number", order.instance);
  use("generation", order.generation);
  use("port", order.ports);
  use("keep", order.kept);
  use("dependents", order.dependents);
  use("before", order.before);
  use("containment", order.containment);
  use("must_be_contained", order.must_be_contained);
  use("network", order.network);
  use("cgroup", order.cgroup);
  use("log", order.log);
  use("scratch", order.scratch);
  use("kept_at", order.kept_at);
  use("tree", order.tree);
}

// keeper -> host, without fields.
inline constexpr std::string_view k_check = "check";  // answered by healthy or unhealthy
inline constexpr std::string_view k_reset = "reset";  // likewise
inline constexpr std::string_view k_stop = "stop";    // answered by the host's end
// To a host that is kept: a test gets the service alone, so a reset is due. Not answered.
inline constexpr std::string_view k_had_alone = "had_alone";
// To a host that is kept, on a connection to its socket.
inline constexpr std::string_view k_state = "state";  // answered by the same kind
// From the keeper of a run that is to use the service: answered by `state`, too. It names the
// keeper that uses the service. If that is the asker, this connection is the keeper's from now on.
inline constexpr std::string_view k_use = "use";
// host -> keeper, besides Line and k_contain of settings/wire.hpp: what has become of the
// service. The word for `kind`, from `ready` to `died`, is the kind of the message.
struct HostNews {
  ServiceNews kind = ServiceNews::died;
  std::string why = {};         // in words, for `unhealthy` and `died`
  std::uint64_t log_size = 0;   // how many bytes it has printed
  std::string last_lines = {};  // the last of them
  int main = 0;                 // its main process; 0: not known
  std::uint16_t port = 0;       // the port that its output told; 0: none
};

void each_field(Any<HostNews> auto& news, auto&& use) {
  use("why", news.why);
  use("log_size", news.log_size, k_needed);
  use("last_lines", news.last_lines);
  use("pid", news.main, 0);
  use("port", news.port, 0);
}

inline Message to_message(const HostNews& news) { return written(name_of(news.kind), news); }
inline Result<HostNews> to_host_news(const Message& message) {
  const std::optional<ServiceNews> kind = named<ServiceNews>(message.kind);
  if (!kind) return not_understood("kind", message);
  HOLDFAST_TRY(HostNews news, read_as<HostNews>(message.kind, message));
  news.kind = *kind;
  return news;
}

// What a kept host says of itself.
struct ManualState {
  static constexpr std::string_view k_kind = k_state;
  HostOrder order;           // with the ports that its output has told
  std::string phase;         // `starting`, `ready` or `stopping`
  int main = 0;              // its main process; 0: not known yet
  int user = 0;              // the keeper that uses it; 0: none
  bool needs_reset = false;  // a test has had it alone since its last reset
  ProcessName host;
  Milliseconds end{0};  // how long its end may take
};

void each_field(Any<ManualState> auto& state, auto&& use) {
  each_field(state.order, use);
  use("phase", state.phase);
  use("main", state.main);
  use("used_by", state.user, k_needed);  // in another version of Holdfast it is another field
  use("needs_reset", state.needs_reset);
  use("host", state.host);
  use("end", state.end);
}

}  // namespace holdfast::wire
