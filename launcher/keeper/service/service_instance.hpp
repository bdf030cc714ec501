// One instance of a service as the keeper sees it: the host that looks after its generation.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/service/services.hpp"
#include "core/settings/host_wire.hpp"
#include "core/settings/message.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

struct ServiceHost {
  InstanceId id;
  wire::HostOrder order;    // what it was started with
  pid_t pid = -1;           // our child, not reaped yet
  std::uint64_t start = 0;  // its start time, which makes its name
  os::UniqueFd socket;      // invalid: the host and its guard are gone
  // Host and guard were killed: a process ends what they left (keeper/left/orphans.hpp). This is
  // its pidfd.
  os::UniqueFd helper;
  bool is_told_to_stop = false;
  bool said_farewell = false;  // nothing of the generation is left
  bool is_kept = false;        // people keep it: it stays when the run is over
  bool was_there = false;      // before the run; its first check decides whether it is ready
  pid_t main = 0;              // the service's main process; 0: not known yet
  os::UniqueFd contained;      // as wire::k_contain has it; invalid: it has no containment
  std::string cgroup = {};     // its name, if `contained` is one
  std::uint64_t log_size = 0;  // how much it had printed when we heard of it
  bool has_died = false;       // it may print more than we hear of

  // By when the host should have answered; k_longest: nothing is asked.
  Milliseconds due = k_longest;
  // Those that depend on it hold this pipe's end until nothing of them is left, and its host has
  // the other end. Invalid: nothing depends on it.
  os::UniqueFd for_dependents;

  static constexpr std::string_view k_start = "start";  // what it is asked by its beginning
  void send(std::string_view kind);
  void expect_answer(std::string_view to);
  bool is_gone() const { return !socket.valid() && !helper.valid(); }
};

// The time from the order to end a service until nothing of it is left.
Milliseconds longest_end(const ServiceSpec& service);

// Lets the service run as its own user, if it has one: that user gets the directory of the
// generation, and may pass through the one above.
Result<void> lend_to_user(wire::HostOrder& order);

// Starts `holdfast service-host` for the order. The host gets no descriptor of ours but its end of
// the connection, and what the order names.
Result<ServiceHost> start_host(const InstanceId& id, wire::HostOrder order);

// `db`, or `db.2` for another instance than the first, whose number is 0.
std::string name_of_instance(const std::string& service, unsigned number);

// The variables for a test that uses the service: `HOLDFAST_SERVICE_DB_PORT=5432` …
std::vector<std::string> variables_of(const ServiceHost& host);

}  // namespace holdfast
