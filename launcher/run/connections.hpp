// The keeper's connections with launchers and their guards, and with `holdfast end`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/process_name.hpp"
#include "os/containment/shared_network.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/tagged_processes.hpp"
#include "settings/wire.hpp"
#include "values/outcome.hpp"
#include "values/policy.hpp"
#include "values/service_spec.hpp"
#include "values/service_state.hpp"

namespace holdfast {

// The guard of one attempt, as the keeper sees it. When a guard is killed, its launcher ends the
// test. A stopped launcher cannot do that, and ctest would wait for ever.
class GuardWatch {
 public:
  // Begins with an attempt that was just granted. The first look comes after a second, so a short
  // attempt costs nothing.
  void begin(const ProcessName& launcher, Milliseconds grace);
  void end();

  // Readable: call guard_died(). -1: the guard is not known.
  int fd() const { return guard_.get(); }
  void guard_died();
  // Returns when to call look(). An earlier call does nothing.
  Milliseconds due() const { return due_; }
  // True: the launcher has been stopped without a guard for longer than it takes to end a test.
  // Never true while `ctest` is stopped too: Ctrl-Z stops everything.
  bool look(const ProcessName& ctest);

 private:
  void look_for_guard();

  ProcessName launcher_;
  Milliseconds grace_{0};
  os::UniqueFd guard_;
  bool is_without_guard_ = false;  // the launcher had a guard, which died
  Milliseconds due_ = k_longest;
  Milliseconds interval_{0};
};

// The base is what its launcher has asked with.
struct Connection : wire::AttemptRequest {
  os::UniqueFd socket;
  std::string attempt;         // empty: the launcher has asked for none
  unsigned n = 1;              // the number of the launcher's attempt
  bool is_stale = false;       // a change of the program or an input is on record
  std::size_t processors = 1;  // as many of ctest's slots the test has
  bool serial = false;         // RUN_SERIAL: it has them all
  os::Stream output;           // the test's stdout; ctest waits for its end
  Milliseconds grace = k_default_grace;
  std::string scratch;                    // lent to the attempt; empty: none, or given back
  OomClaims::Start memory;                // the OOM counter when the attempt began
  std::vector<ServiceUse> services;       // that its tests need
  TestSchedule schedule;                  // with its fixtures, if the test needs services
  UseId use = 0;                          // of services, now or at last; 0: none
  bool farewell = false;                  // the attempt has ended and is on record
  os::UniqueFd launcher_life;             // the launcher's pidfd, while the attempt goes on
  Milliseconds guard_until = k_longest;   // when a guard without launcher should have ended
  GuardWatch guard;                       // while the attempt goes on
  std::vector<os::UniqueFd> locks;        // duplicate descriptors, which keep the attempt's locks
  std::optional<std::size_t> shared_set;  // of fixtures; the test shares its containment
  bool awaits_network = false;            // it has asked for the network that it shares
  os::UniqueFd contained;                 // the cgroup, or the first process of the PID namespace
  std::string cgroup;                     // the cgroup's name; empty: there is no cgroup
  wire::AttemptWait wait;                 // what the attempt waits for; without names: nothing
  std::string stop_record;                // path of a service's; empty: it is no service

  // Adds what the keeper waits for.
  void join(os::Wait& turn) const;
  // The launcher has asked for an attempt and got it.
  void begin_attempt(const wire::AttemptRequest& request, const wire::AttemptGrant& granted);
  // The attempt has ended, and the launcher's next one follows. Lets go of what was held for the
  // old attempt.
  void begin_next(const std::string& id, const std::string& its_scratch);
  // The launcher or its guard has reported the end of the attempt. Lets go of what was held for the
  // attempt.
  void end_attempt();
  // The launcher is dead. Its guard now has some time to end the test. A stopped guard does not end
  // it.
  void expect_end();
};

// Hands a network to a launcher that has asked for one (wire::k_network). False: it is not settled
// yet, and nothing was sent.
bool send_network(int launcher, const os::SharedNetwork& network);

}  // namespace holdfast
