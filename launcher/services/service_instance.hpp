// One instance of a service as the keeper sees it: the host that looks after its generation.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "journal/records.hpp"
#include "os/file/descriptors.hpp"
#include "services/host_wire.hpp"
#include "services/services.hpp"

namespace holdfast {

struct ServiceHost {
  InstanceId id;
  wire::HostOrder order;    // what it was started with
  pid_t pid = -1;           // our child, not reaped yet
  std::uint64_t start = 0;  // its start time, which with the pid makes its name
  os::UniqueFd socket;      // invalid: the host and its guard are gone
  // The pidfd of a process that ends what host and guard have left
  // (cleanup/stopped_supervisors.hpp), if both were killed.
  os::UniqueFd helper;
  bool is_told_to_stop = false;
  bool said_farewell = false;  // nothing of the generation is left
  bool is_kept = false;        // people keep it: it stays when the run is over
  // People have kept it since before the run, and its first check is not over. A good check makes
  // it ready.
  bool was_there = false;
  os::UniqueFd contained;    // as wire::k_contain has it; invalid: it has no containment
  std::string cgroup = {};   // its name, if `contained` is one
  wire::HostNews last = {};  // what it said last
  bool has_died = false;     // it may print more than `last` says
  Milliseconds ready{0};     // when it got ready, on the clock of monotonic_now(); 0: not yet
  Milliseconds answered{0};  // when the last check answered; 0: none has
  std::string trouble = {};  // why it was not well then; empty: it was well
  std::string lost = {};     // why it was lost; empty: it was not

  // When the host should have answered at the latest. k_longest: it was asked nothing.
  Milliseconds due = k_longest;
  // The end of a pipe. The hosts of the services that depend on this one hold it until nothing of
  // them is left, and the host of this one has the other end. Invalid: nothing depends on it.
  os::UniqueFd for_dependents;

  static constexpr std::string_view k_start = "start";  // for expect_answer(): the start
  void send(std::string_view kind);
  void expect_answer(std::string_view to);
  // Notes what the host has said.
  void hear(wire::HostNews news, Milliseconds now);
  bool is_gone() const { return !socket.valid() && !helper.valid(); }
};

// Returns how long the end of a service may take, from the order until nothing of it is left.
Milliseconds longest_end(const ServiceSpec& service);

// Lets the service run as its own user, if it has one. Gives the directory of the generation to
// that user, who may also pass through the directory above.
Result<void> lend_to_user(wire::HostOrder& order);

// Starts `holdfast service-host` for the order. The host inherits its end of the connection, the
// descriptors that the order names, and no others.
Result<ServiceHost> start_host(const InstanceId& id, wire::HostOrder order);

// Returns `db` for the first instance, whose number is 0, and `db.2` for the second.
std::string name_of_instance(const std::string& service, unsigned number);

// Returns the variables for a test that uses the service: `HOLDFAST_SERVICE_DB_PORT=5432` …
std::vector<Variable> variables_of(const ServiceHost& host);

// Returns a line on the state, which is `state` unless the generation was lost, a line on the
// health, and the last lines of the output: for people who want to know why a test failed.
std::string describe(const ServiceHost& host, std::string_view state, Milliseconds now);

// Which part of its output a service prints while a test uses it. The beginning is noted for each
// use, and the part is recorded only for a test that was red.

// The use gets the generation that `host` looks after: notes that in `parts`. A second call for a
// generation changes nothing.
void note_beginning(const ServiceHost& host, std::vector<ServiceRecord>& parts);
// The use is over, and its test was red. Returns a record for each generation that printed
// anything during the use. `hosts` are those that are there now.
std::vector<ServiceRecord> ended_parts(std::vector<ServiceRecord> parts,
                                       const std::vector<ServiceHost>& hosts);

}  // namespace holdfast
