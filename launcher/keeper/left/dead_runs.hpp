// What runs whose keeper was killed with them left on disk: records that nobody wrote, scratch
// directories that nobody took back. Found and put right by `holdfast reap`, and before a run.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/process_name.hpp"
#include "store/records.hpp"

namespace holdfast {

struct DeadRun {
  std::string id;
  std::filesystem::path journal;
  ProcessName ctest;
  std::vector<AttemptStarted> unended;  // attempts without a last record
  bool lacks_end = false;               // the run's own
  bool is_of_others_numbers = false;    // of another PID namespace, or of an earlier boot
  std::vector<std::filesystem::path> empty_directories;  // innermost first
  std::filesystem::path socket;                          // of its keeper; empty: it is gone

  bool is_tidy() const {
    return unended.empty() && !lacks_end && empty_directories.empty() && socket.empty();
  }
};

// The runs of `tree` (absolute, without links) that are not tidy and that nobody can be at work for
// any more: ctest is dead (by pid, start time and boot), and so are its keeper, its launchers and
// their guards. A guard that is just ending what it guards is waited for, two seconds at most. Of
// another PID namespace nobody may have the tree for the run, nor listen as its keeper. Runs
// of another tree (copied journals) and those whose journal is another user's are passed over.
std::vector<DeadRun> find_dead_runs(const std::filesystem::path& tree);

// What was done, and what could not be.
struct Tidied {
  std::size_t runs = 0;      // runs in which something was done
  std::size_t attempts = 0;  // that had no last record
  std::size_t ends = 0;      // of runs, that were not recorded
  std::size_t directories = 0;
  std::size_t sockets = 0;
  std::vector<std::string> troubles;  // each reads well after "failed to"
};

// Writes what is missing (`interrupted` for an attempt, `complete: false` for the run), removes
// empty directories and the socket. A directory in which a test left something stays: it is
// evidence.
Tidied tidy(const std::vector<DeadRun>& runs);

}  // namespace holdfast
