// The current run of a ctest. `ctest -S` reads the tests anew for each ctest_test(), so another
// include count means another run.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "keeper/base/run_lines.hpp"
#include "keeper/run/run.hpp"

namespace holdfast {

// The include count before any launcher has told one.
inline constexpr unsigned k_count_not_known = 0;

class CurrentRun {
 public:
  // `lines` must outlive this object. It gets a line about anything that cannot be recorded.
  CurrentRun(RunOrigin origin, RunLines& lines) : origin_(std::move(origin)), lines_(lines) {}

  // True: a test with this include count belongs to a later run, and close() must end this run
  // first.
  bool is_over_at(unsigned include_count) const;
  // True: take_log() may find a log for this run. The run has none, and nobody has looked yet.
  bool may_have_log() const { return run_ && !run_->log() && !looked_for_log_; }
  // Returns the run of a test with this include count, and begins it if there is none.
  Run& at(unsigned include_count);
  unsigned include_count() const { return include_count_; }

  bool has_begun() const { return run_.has_value(); }
  // Returns the current run; null: no run has begun.
  Run* current() { return run_ ? &*run_ : nullptr; }
  ScratchPool* scratch() { return run_ ? run_->scratch() : nullptr; }
  std::string id() const { return run_ ? run_->id() : std::string(); }
  std::string journal() const { return run_ ? run_->journal() : std::string(); }

  // Gives the current run the log that ctest now has open, and begins a run if there is none. If
  // the run already has another log, that run is closed, and a new run gets this log. `is_asked`
  // says whether a process that ctest waits for is still there. If that process is gone, nothing
  // happens: ctest may already be at its next ctest_test(). So `is_asked` is called after the log
  // is opened.
  template <typename IsAsked>
  void take_log(IsAsked is_asked) {
    std::optional<LogPlace> place = find_log_of(origin_.ctest);
    const bool is_kept = place && run_ && run_->log() && run_->log()->is_at(*place);
    std::optional<RunLog> log;
    if (place && !is_kept) log = RunLog::open(*std::move(place));
    if (!is_asked()) return;
    looked_for_log_ = true;
    if (!log) return;
    if (run_ && run_->log()) close(Run::Completeness::complete);
    if (!run_) {
      at(k_count_not_known);
      looked_for_log_ = true;
    }
    run_->keep_log(*std::move(log));
  }

  // Records the end of the run for `holdfast end` and returns the summary to print. A second call
  // for the same run returns the same text.
  std::string finish_for_end();
  // Records the end and prints the summary, unless `holdfast end` has done so. After this call the
  // next run can begin.
  void close(Run::Completeness completeness);
  // `holdfast end` has written the run's reports, and the run is in the history.
  void note_remembered() { is_remembered_ = true; }
  // The first and the last closed run that nobody has remembered; empty: there is none.
  const std::string& first_closed() const { return first_closed_; }
  const std::string& last_closed() const { return last_closed_; }

  // True: ctest came to the end of its tests, or no run has begun. To be called when ctest has
  // ended. `holdfast end` or the closing line of ctest's log shows it. `holdfast end` does not come
  // if the project's own POST_TEST command fails.
  bool has_all_tests() const;

 private:
  std::string finish(Run::Completeness completeness);

  RunOrigin origin_;
  RunLines& lines_;
  std::optional<Run> run_;
  unsigned runs_ = 0;
  unsigned include_count_ = k_count_not_known;
  bool looked_for_log_ = false;
  bool ended_ = false;  // `holdfast end` has come
  bool is_remembered_ = false;
  std::string summary_;
  std::string first_closed_;
  std::string last_closed_;
};

}  // namespace holdfast
