// Follows a run on disk: its journal, ctest's log, the locks. Reads what has come. The run is not
// disturbed: no lock is taken, no file is made, and the keeper is asked only who waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/watch/watch_state.hpp"
#include "cli/watch/watch_view.hpp"
#include "keeper/run/run_log.hpp"
#include "os/file/unique_fd.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {

class RunFollower {
 public:
  // `known`: how long tests took before. `news` is an inotify(7) descriptor, to which the files are
  // added.
  RunFollower(RunEntry entry, KnownDurations known, int news);

  // Takes what has come. `now` is monotonic, in seconds.
  void look(double now);
  // Looks who waits. That reads the records of all locks, so it is done once
  // a second.
  void look_at_waits();
  // Seconds until the last test ends; none: that is not known.
  std::optional<double> left() const;

  WatchState& state() { return state_; }
  const RunEntry& entry() const { return entry_; }
  // For a poll loop: readable when ctest has ended; -1: it has, or was never seen.
  int ctest() const { return ctest_ended_ ? -1 : ctest_.get(); }
  // ctest has ended, or another process has its number.
  void note_end_of_ctest() { ctest_ended_ = true; }
  bool ctest_has_ended() const { return ctest_ended_; }

 private:
  void read_journal(double now);
  void find_log();
  void read_log();
  void take_logged(double now);
  std::vector<LiveWait> keeper_waits();
  std::string headline_of(const LogEntry& entry) const;

  RunEntry entry_;
  int news_;
  WatchState state_;
  KnownDurations durations_;
  os::UniqueFd journal_;
  std::uint64_t journal_at_ = 0;
  std::string rest_;             // of a line that is not whole
  bool is_keeper_there_ = true;  // and answers
  os::UniqueFd ctest_;
  bool ctest_ended_ = false;
  std::optional<RunLog> log_;
  std::uint64_t log_at_ = 0;
  std::uint64_t log_seen_ = 0;
  std::vector<LoggedEnd> logged_;  // read and not taken yet
};

}  // namespace holdfast::cli
