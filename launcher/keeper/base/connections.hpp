// The guard of one attempt, as the keeper sees it. When a guard is killed, its launcher ends the
// test. A stopped launcher cannot do that, and ctest would wait for ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "core/outcome/explained_ends.hpp"
#include "core/service/service_state.hpp"
#include "core/service/services.hpp"
#include "core/settings/policy.hpp"
#include "core/settings/wire.hpp"
#include "os/containment/shared_network.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/wait.hpp"
#include "os/process/tagged_processes.hpp"
#include "settings/project_settings.hpp"

namespace holdfast {

// The keeper: one process per ctest and build tree. It resolves policy for every attempt, gives
// runs and attempts their names, prints lines for people on ctest's stderr, and ends with ctest.
//
// A test can end well without the keeper. If the keeper is killed, only records and lines are lost.

// Whether other runs may be at work in the tree. If so, our tests must be kept apart from theirs.
enum class Company : std::uint8_t { none, possible };

// Runs that have ended, whoever noticed: `holdfast end`, or the keeper if nobody started that.
struct EndedRuns {
  std::string tree;
  std::string first;  // the ids of its first and its last run
  std::string last;
  std::vector<ReportRequest> reports;  // wanted by the settings
};

struct SaidAtEnd {
  std::string text;     // to be printed as it is
  std::string trouble;  // what went wrong, for people
};

struct KeeperOrder {
  std::string tree;
  ProcessName ctest;
  // Who prints the summary: `holdfast end` at POST_TEST, or the keeper when ctest has ended. If a
  // test file or the first launcher begins the run, nobody starts `holdfast end`.
  enum class SummaryBy : std::uint8_t { end, keeper } summary_by = SummaryBy::keeper;
  // The run's lock on its tree (run_lock.hpp). The keeper holds it until it ends; -1: none.
  int run_lock = -1;
  bool shares_tree = false;  // the lock is shared
  Company company = Company::none;
  std::string lock_trouble = {};   // why there is no lock, if users should know
  std::string inside = {};         // the run whose test started ctest; empty: none
  std::string directory = {};      // in which ctest looks for its tests; empty: not known
  std::string configuration = {};  // of ctest's tests (`ctest -C`); empty: none was said
  std::string planned = {};        // records of the tests that were chosen for the first run
  // What else is done after the runs. Called once in the keeper's process, when ctest has ended.
  std::function<SaidAtEnd(const EndedRuns&)> after_runs = {};
  // If this is an error, every test of the run is refused and reports the error.
  Result<ProjectSettings> settings = ProjectSettings{};
};

// Makes this process look like a keeper, also where it is a fork of `holdfast begin` or `holdfast
// keeper`. The path of the tree is not shown, but a number made of it (FNV-1a): a test that ends a
// server by its name would end the keeper too, if the project has that name.
void show_as_keeper(const std::string& tree, const ProcessName& ctest);

// Starts a keeper for the order's ctest as a process of its own, in a session of its own. Returns
// when a keeper listens: the new one, or one that was there already.
Result<void> start_keeper(const KeeperOrder& order);

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

// The keeper's connections: with launchers and their guards, and with `holdfast end`.
struct Connection {
  os::UniqueFd socket;
  std::string attempt;  // empty: the launcher has asked for none
  std::string test;
  std::string key;
  unsigned n = 1;       // the number of the launcher's attempt
  std::string program;  // path; empty: unknown
  TestInputs inputs;
  std::uint64_t command_sum = 0;  // wire::AttemptRequest
  bool is_stale = false;          // a change of the program or an input is on record
  std::size_t processors = 1;     // as many of ctest's slots the test has
  bool serial = false;            // RUN_SERIAL: it has them all
  ProcessName launcher;
  os::Stream output;  // the test's stdout; ctest waits for its end
  Milliseconds grace = k_default_grace;
  Milliseconds soonest_end = k_longest;   // core/ctest/ctest_limits.hpp
  std::string scratch;                    // lent to the attempt; empty: none, or given back
  OomClaims::Start memory;                // the OOM counter when the attempt began
  std::vector<ServiceUse> services;       // that its tests need
  TestFixtures fixtures;                  // of ctest, if the test needs services
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

// Hands a network to a launcher that has asked for one.

// Answers wire::k_network. False: it is not settled yet, and nothing was sent.
bool send_network(int launcher, const os::SharedNetwork& network);

}  // namespace holdfast
