// The run that a ctest is at. `ctest -S` reads the tests anew for each ctest_test(): another
// include count is another run.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "keeper/run/run.hpp"
#include "keeper/base/run_lines.hpp"

namespace holdfast {

// An include count before any launcher has told one.
inline constexpr unsigned k_count_not_known = 0;

class CurrentRun {
 public:
  // `lines` must outlive this object; what cannot be recorded is said there.
  CurrentRun(RunOrigin origin, RunLines& lines) : origin_(std::move(origin)), lines_(lines) {}

  // Whether a test with this include count belongs to a later run: then close() this one first.
  bool is_over_at(unsigned include_count) const;
  // Whether take_log() may find one for the run that is going on: it has none, nor was it looked
  // for.
  bool may_have_log() const { return run_ && !run_->log() && !looked_for_log_; }
  // The run of a test with this include count, begun if there is none.
  Run& at(unsigned include_count);
  unsigned include_count() const { return include_count_; }

  bool has_begun() const { return run_.has_value(); }
  // Null: none has begun.
  Run* current() { return run_ ? &*run_ : nullptr; }
  ScratchPool* scratch() { return run_ ? run_->scratch() : nullptr; }
  std::string id() const { return run_ ? run_->id() : std::string(); }
  std::string journal() const { return run_ ? run_->journal() : std::string(); }

  // Opens ctest's log of now for the run that is going on, begun if there is none; where that has
  // another log, this is a new run. `is_asked`: whether somebody that ctest waits for is
  // still there. It is looked at afterwards: else ctest may be at its next ctest_test().
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

  // Records the end of the run for `holdfast end`, which prints the summary. Asked again for the
  // run of the same log it says the same again.
  std::string finish_for_end();
  // Then: whether ctest had selected no test.
  bool selected_nothing() const { return run_ && run_->selected_nothing(); }
  // Records its end and prints the summary, unless `holdfast end` has. The next one can begin.
  void close(Run::Completeness completeness);

  // Whether ctest, which has ended, came to the end of its tests: by its log's last line.
  // Without a log only `holdfast end` could tell, and it was not here: not where no launcher has
  // asked for anything and the project's own POST_TEST command fails.
  bool has_all_tests() const;
  // Whether `holdfast end` has recorded its end.
  bool has_ended() const { return ended_; }

 private:
  std::string finish(Run::Completeness completeness);

  RunOrigin origin_;
  RunLines& lines_;
  std::optional<Run> run_;
  unsigned runs_ = 0;
  unsigned include_count_ = k_count_not_known;
  bool looked_for_log_ = false;
  bool ended_ = false;  // `holdfast end` has been here
  std::string summary_;
};

}  // namespace holdfast
