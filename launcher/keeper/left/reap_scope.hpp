// Which attempts of a build tree's earlier runs nobody looks after any more, and which processes
// are theirs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "os/process/tagged_processes.hpp"

namespace holdfast {

// What is to be spared of the attempts that have come to their end.
enum class LetGo : std::uint8_t {
  end,
  spare,  // what a test left and its settings (on-leak, needed by others) let live
};

struct ReapedAttempt {
  std::string test;
  std::string run;
  // Its launcher is dead, and so are its ctest, or, before the attempt has ended, keeper and
  // guards.
  bool abandoned = false;
};

class ReapScope {
 public:
  // Reads the journals of `tree`, an absolute path without links. Runs of another tree (the
  // journals were copied), of another boot or PID namespace, and those that do not name their ctest
  // are passed over: there is no knowing that they are dead.
  ReapScope(const std::filesystem::path& tree, LetGo let_go);

  bool is_empty() const { return attempts_.empty(); }

  // The abandoned attempt whose process has these marks; null when there is none. What runs inside
  // a living attempt of this tree is that one's, whatever became of the attempts inside it.
  const ReapedAttempt* owner_of(const os::ProcessMarks& marks) const;
  // By its id; null: it is in no journal.
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

// Whether the newest run of the tree that is not at work was recorded to its end and ctest with it.
// True when there is none.
bool last_run_ended_well(const std::filesystem::path& tree);

}  // namespace holdfast
