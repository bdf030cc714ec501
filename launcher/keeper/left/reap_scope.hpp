// Which attempts of a build tree's earlier runs nobody looks after any more, and which processes
// belong to them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "os/process/tagged_processes.hpp"

namespace holdfast {

// What to spare of attempts that have ended.
enum class LetGo : std::uint8_t {
  end,
  spare,  // what a test left and its settings let live (on-leak, needed by others)
};

struct ReapedAttempt {
  std::string test;
  std::string run;
  // The launcher is dead. ctest is dead too; or, if the attempt has not ended, its keeper and
  // guards are dead.
  bool abandoned = false;
};

class ReapScope {
 public:
  // Reads the journals of `tree`, an absolute path without links. Leaves out runs that cannot be
  // known to be dead: those of another tree (copied journals), boot or PID namespace, and those
  // whose record names no ctest.
  ReapScope(const std::filesystem::path& tree, LetGo let_go);

  bool is_empty() const { return attempts_.empty(); }

  // The abandoned attempt whose process has these marks, or null. A process inside a living attempt
  // of this tree belongs to that attempt, even if attempts between the two are abandoned.
  const ReapedAttempt* owner_of(const os::ProcessMarks& marks) const;
  // The attempt with this id. Null: no journal has it.
  const ReapedAttempt* find(std::string_view attempt) const;

 private:
  enum class RunState : std::uint8_t {
    dead,
    keeperless,  // its ctest lives; keeper and guards do not
    attended,
  };
  void add_run(const std::filesystem::path& journal, const std::string& id, RunState state);

  std::string run_place_;
  LetGo let_go_;
  std::map<std::string, ReapedAttempt, std::less<>> attempts_;
  std::map<std::uint64_t, const ReapedAttempt*> by_number_;
};

// Whether the newest run that is not at work has its end on record as complete. True when there is
// no such run.
bool last_run_ended_well(const std::filesystem::path& tree);

}  // namespace holdfast
