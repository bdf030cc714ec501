// How to reach the keeper of a ctest, and what the keeper is told. ctest must be in our PID
// namespace, because its pid means nothing elsewhere. Only functions that take a PID namespace
// accept another one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/log_line.hpp"
#include "base/process_name.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/tagged_processes.hpp"
#include "settings/project_settings.hpp"
#include "settings/wire.hpp"
#include "values/report_request.hpp"

namespace holdfast {

// What a keeper is told when it starts.
//
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

using os::k_probe_patience;

// Returns the path on which the keeper of `ctest` listens, if there is one.
std::string keeper_socket_path_here(const ProcessName& ctest);

// True: somebody listens for `ctest`, which may be in another PID namespace. `numbering` is
// os::numbering_id() there.
bool is_listened_for(const ProcessName& ctest, std::string_view numbering);

// Returns the PID namespace that `numbering` (os::numbering_id()) names; 0: it is not understood.
std::uint64_t pid_namespace_in(std::string_view numbering);

// `patience` is the limit for the connection, and for each packet afterwards.
os::Connected connect_to_keeper(const ProcessName& ctest, Milliseconds patience);

// Waits for the keeper's answer. If a keeper has not answered after a second, it may be stopped, so
// it gets SIGCONT. True: there is an answer, or the keeper is gone.
bool wait_for_answer(int socket, Milliseconds patience);

// Makes this process look like a keeper, also where it is a fork of `holdfast begin` or `holdfast
// keeper`. The path of the tree is not shown, but a number made of it (FNV-1a): a test that ends a
// server by its name would end the keeper too, if the project has that name.
void show_as_keeper(const std::string& tree, const ProcessName& ctest);

// Finds the processes of ours that look after the tests of a ctest.

// True: the environment, as in /proc/<pid>/environ, has an entry that starts with `beginning`.
bool has_entry_like(std::string_view environment, std::string_view beginning);

// True: the keeper of `ctest` exists. A stopped keeper counts.
bool has_keeper(const ProcessName& ctest);

// All runs of a ctest, or one: `ctest -S` has several.
struct RunOfCtest {
  ProcessName ctest;
  std::optional<unsigned> include_count = {};  // none: all
};

// Returns the launchers and guards of a run for which `is_meant` is true. Such a process has
// ctest's name in its environment (HOLDFAST_ATTACH). A test does not get that variable, and a ctest
// inside a test has another name.
using IsMeant = std::function<bool(pid_t pid, const os::ProcessStat& stat)>;
os::TaggedProcesses supervisors_of(const RunOfCtest& run, IsMeant is_meant);

bool is_launcher(const os::ProcessStat& stat);
bool is_guard(const os::ProcessStat& stat);
// True: the guard's launcher is dead or has become another program.
bool is_alone(const os::ProcessStat& guard);

// True: a launcher of `ctest` has died and its guard lives. Such a guard ends its test or keeps a
// fixture's leftovers.
bool has_guard_alone(const ProcessName& ctest);

// What `holdfast begin` says to a keeper that its ctest already has. There are two occasions: a
// script goes on with its next ctest_test(), in this tree or another; or a run turns out to need
// its tree alone.

using wire::ComesNext;

class OwnKeeper {
 public:
  // Connects to the keeper, if there is one.
  explicit OwnKeeper(const ProcessName& ctest);

  enum class Answer : std::uint8_t {
    absent,  // there is no keeper, or it was another tree's and has ended
    serves,  // the keeper serves this tree and stays
    silent   // the keeper does not answer, or does not end
  };
  // Tells the keeper whose tests come next. If the earlier run is over, blocks while the keeper
  // ends what that run left, each part with its grace. `configuration`: that of the tests; empty:
  // none was said.
  Answer go_on_with(const std::string& tree, ComesNext next, const std::string& configuration);

  // Where the run logs that has begun since go_on_with(); empty: none has.
  const LogTarget& log() const { return log_; }

  // To be called only after `serves`. True: the keeper shared the tree and has let it go. The
  // caller then takes the tree alone, and gives the keeper that lock with hand_over().
  bool let_go_of_shared_tree();
  void hand_over(int lock);

 private:
  os::UniqueFd socket_;
  LogTarget log_;
};

}  // namespace holdfast
