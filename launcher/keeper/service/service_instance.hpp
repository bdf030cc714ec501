// One instance of a service as the keeper sees it: the host that looks after its generation.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/base/duration.hpp"
#include "core/journal/records.hpp"
#include "core/service/services.hpp"
#include "core/settings/host_wire.hpp"
#include "core/settings/message.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast {

struct ServiceHost {
  InstanceId id;
  wire::HostOrder order;    // what it was started with
  pid_t pid = -1;           // our child, not reaped yet
  std::uint64_t start = 0;  // its start time, which with the pid makes its name
  os::UniqueFd socket;      // invalid: the host and its guard are gone
  // The pidfd of a process that ends what host and guard have left
  // (keeper/left/stopped_supervisors.hpp), if both were killed.
  os::UniqueFd helper;
  bool is_told_to_stop = false;
  bool said_farewell = false;  // nothing of the generation is left
  bool is_kept = false;        // people keep it: it stays when the run is over
  // People have kept it since before the run, and its first check is not over. A good check makes
  // it ready.
  bool was_there = false;
  pid_t main = 0;              // the service's main process; 0: not known yet
  os::UniqueFd contained;      // as wire::k_contain has it; invalid: it has no containment
  std::string cgroup = {};     // its name, if `contained` is one
  std::uint64_t log_size = 0;  // how much it had printed at its last message
  bool has_died = false;       // it may print more than `log_size` says

  // When the host should have answered at the latest. k_longest: it was asked nothing.
  Milliseconds due = k_longest;
  // The end of a pipe. The hosts of the services that depend on this one hold it until nothing of
  // them is left, and the host of this one has the other end. Invalid: nothing depends on it.
  os::UniqueFd for_dependents;

  static constexpr std::string_view k_start = "start";  // for expect_answer(): the start
  void send(std::string_view kind);
  void expect_answer(std::string_view to);
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

// What the hosts have told of each generation, for people who want to know why a test failed.

// The account of one generation. Points in time are on the clock of monotonic_now().
struct ServiceAccount {
  std::string name;          // of the instance
  pid_t pid = 0;             // its main process; 0: not known
  std::string ports;         // with `;` between; empty: none
  Milliseconds ready{0};     // when it got ready; 0: not yet
  Milliseconds answered{0};  // when the last check answered; 0: none has
  std::string trouble;       // why it was not well then; empty: it was well
  std::string lost;          // why it was lost; empty: it was not
  std::string last_lines;    // the last that it printed
};

// Returns a line on the state, which is `state` unless the generation was lost, a line on the
// health, and the last lines of the output.
std::string describe(const ServiceAccount& account, unsigned generation, std::string_view state,
                     Milliseconds now);

class ServiceAccounts {
 public:
  // Returns the account of one generation. It is empty if the host has told nothing.
  ServiceAccount& of(const InstanceId& instance, unsigned generation) {
    return accounts_[{instance.service, instance.number, generation}];
  }
  // Notes a message that came from the host.
  void hear(const ServiceHost& host, const wire::Message& message, Milliseconds now);
  void clear() { accounts_.clear(); }

 private:
  std::map<std::tuple<std::size_t, unsigned, unsigned>, ServiceAccount> accounts_;
};

// Notes which part of its output a service printed while a test used it. The beginning is noted for
// each use. The part is recorded only for a test that was red.
class ServiceLogs {
 public:
  // The use gets the generation that `host` looks after. A second call for a generation changes
  // nothing.
  void begin(UseId use, const ServiceHost& host, unsigned generation);
  // The use is over, and its test was not red.
  void forget(UseId use) { parts_.erase(use); }
  // The use is over, and its test was red. Returns a record for each generation that printed
  // anything during the use. `hosts` are those that are there now.
  std::vector<ServiceRecord> take(UseId use, const std::vector<ServiceHost>& hosts);
  void clear() { parts_.clear(); }

 private:
  std::map<UseId, std::vector<ServiceRecord>> parts_;
};

}  // namespace holdfast
