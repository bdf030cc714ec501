// Finds the attempts of a build tree's earlier runs that nobody supervises any more, and the
// processes that belong to them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "journal/records.hpp"
#include "os/process/tagged_processes.hpp"
#include "values/policy.hpp"

namespace holdfast {

// What is done with processes that were let go: they live although their attempt has ended.
enum class LetGo : std::uint8_t {
  end,
  spare,  // spare what a test left if its settings let it live (on-leak, needed by others)
};

struct ReapedAttempt {
  std::string test;
  std::string run;
  // True: the launcher is dead. In addition, ctest is dead; or the attempt has not ended, and
  // ctest's keeper and guards are dead.
  bool abandoned = false;
};

// Whether somebody looks after a run.
enum class RunCare : std::uint8_t {
  dead,
  keeperless,  // its ctest lives; keeper and guards do not
  attended,
};

class ReapScope {
 public:
  // A scope with no run yet. `tree` is an absolute path without links.
  ReapScope(const std::string& tree, LetGo let_go);
  ReapScope(ReapScope&&) = default;

  // Adds the attempts that the records of a run name. `lives` says whether a launcher is alive.
  using Lives = std::function<bool(const ProcessName& launcher)>;
  void add_run(const std::string& id, const std::vector<Record>& records, RunCare care,
               const Lives& lives);

  // Returns the abandoned attempt to which a process with these marks belongs; null: there is none.
  // A process inside a living attempt of this tree belongs to that attempt, even if attempts
  // between the two are abandoned.
  const ReapedAttempt* owner_of(const os::ProcessMarks& marks) const;
  // Returns the attempt with this id. Null: no journal has it.
  const ReapedAttempt* find(std::string_view attempt) const;

 private:
  std::string run_place_;
  LetGo let_go_;
  std::map<std::string, ReapedAttempt, std::less<>> attempts_;
  std::map<std::uint64_t, const ReapedAttempt*>
      by_number_;  // points into attempts_, so a scope is moved, never copied
};

// True: the newest run that is not at work has a record that it ended complete, or there is no such
// run.
bool last_run_ended_well(const std::filesystem::path& tree);

// Ends what earlier runs of a build tree left, for `holdfast reap` and for the sweep before a run.
struct LeftBehind {
  os::NamedProcess process;
  std::string test;
  std::string run;
};

struct ReapOrder {
  std::filesystem::path tree;  // absolute, without links
  LetGo let_go = LetGo::end;
  Milliseconds grace = k_default_grace;
};

// Returns the living processes of abandoned attempts. Leaves out this process, its
// ancestors, and processes of a living run or of another tree. Also leaves out processes in another
// PID namespace: a container may share the tree, and its ctest cannot be seen from here.
std::vector<LeftBehind> find_left_behind(const ReapOrder& order);

struct Reaped {
  std::vector<LeftBehind> found;
  std::vector<LeftBehind> survivors;  // in uninterruptible sleep, or of another user
};

// Sends SIGINT and, after the grace, SIGKILL. Blocks until nobody is left, at most five seconds
// after SIGKILL.
Reaped reap_left_behind(const ReapOrder& order);

// Returns one line such as `2 processes: sleep (pid 12, test "x", run 12-20261120-084053-1234), …`.
std::string describe(const std::vector<LeftBehind>& processes);

}  // namespace holdfast
