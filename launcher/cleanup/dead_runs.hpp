// If its keeper is killed, a run lacks records and leaves scratch directories behind. `holdfast
// reap` and the start of a run repair that.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/process_name.hpp"
#include "base/result.hpp"
#include "journal/records.hpp"
#include "journal/run_directory.hpp"

namespace holdfast {

struct DeadRun {
  std::string id;
  std::filesystem::path journal;
  std::vector<AttemptStarted> unended;  // attempts without a last record
  bool lacks_end = false;               // the run has no last record
  bool is_of_others_numbers = false;    // its pids are of another PID namespace or boot
  std::vector<std::filesystem::path> empty_directories = {};  // innermost first
  std::filesystem::path socket = {};                          // the keeper's; empty: there is none
  // Stop commands of services that nobody could run (os/process/user.hpp).
  std::vector<std::filesystem::path> stops = {};
  // Jobs for nodes of Slurm that no node has read. They have the environment of a test.
  std::vector<std::filesystem::path> far_jobs = {};

  bool is_tidy() const {
    return unended.empty() && !lacks_end && empty_directories.empty() && socket.empty() &&
           stops.empty() && far_jobs.empty();
  }
};

// Returns the records that the run lacks: `interrupted` for an attempt, `complete: false` for the
// run. Empty: it lacks none.
std::string missing_lines(const DeadRun& run, double now);

// Returns the untidy runs of `tree` (absolute, without links) for which nobody can be at work:
// ctest is dead (by pid, start time and boot), and so are its keeper, its launchers and their
// guards. Waits two seconds at most for a guard that is just ending its test. A run of another PID
// namespace is in the list only if nobody has the tree and nobody listens as the run's keeper.
// Leaves out runs of another tree (copied journals) and runs whose journal is another user's.
std::vector<DeadRun> find_dead_runs(const std::filesystem::path& tree);

// What was done, and what failed.
struct Tidied {
  std::size_t runs = 0;      // runs in which something was done
  std::size_t attempts = 0;  // attempts that had no last record
  std::size_t ends = 0;      // runs that had no last record
  std::size_t directories = 0;
  std::size_t sockets = 0;
  std::size_t far_jobs = 0;
  std::vector<std::string> stopped;   // services whose stop command ran
  std::vector<std::string> troubles;  // each in words
};

// Runs the stop commands, waits for them, writes missing records and removes empty directories, the
// socket and jobs for nodes. A directory in which a test left something stays: it is evidence.
Tidied tidy(const std::vector<DeadRun>& runs);

// Records the end of a run whose keeper was killed, while its `ctest` waits in its last step: what
// ctest's log tells, and the ends of attempts that have none. Waits two seconds at most for a guard
// that is just ending its test. Fails if one has not ended, or if the log does not tell enough.
Result<void> finish_at_end(const RunEntry& run, const ProcessName& ctest);

// Records what ctest's log tells of a run whose keeper was killed, if the run is over, its ctest
// came to its end, and we may write there. Whoever reads a run calls this first. Returns false if
// the run still goes on (run/live_runs.hpp).
bool settle(const RunEntry& run);

// Returns a text such as `1 run: 2 attempts recorded as interrupted, 1 run's end recorded, 1 empty
// directory and 1 socket removed`. Leaves out a part whose number is 0. To be called only if
// something was done.
std::string describe(const Tidied& tidied);

// What a run whose keeper was killed lacks in its journal. ctest and the launchers have gone on
// without the keeper.

// Lines of a journal.
struct ToldByLog {
  std::string verdicts;
  std::string end;      // the run's end, to be written last
  std::string trouble;  // why the outputs of tests that did not pass are not kept; empty: they are
};

// Returns what the keeper would have recorded at the end, from ctest's log, which has its last name
// when ctest has ended. The word of the run shows that the log is this run's. Keeps the outputs of
// tests that did not pass, and writes nothing else. Fails if the log is gone or not whole, or if
// the run has no word.
Result<ToldByLog> told_by_log(const RunEntry& run);

// The same, while `ctest` waits in its last step: it has the log open, and all tests have ended.
// ctest has not written yet which tests were skipped by their exit codes.
Result<ToldByLog> told_by_log(const RunEntry& run, const ProcessName& ctest);

}  // namespace holdfast
