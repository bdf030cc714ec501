// The run that a ctest is at. `ctest -S` reads the tests anew for each ctest_test(): another
// include count is another run.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "keeper/run.hpp"
#include "keeper/run_lines.hpp"

namespace holdfast {

// An include count before any launcher has told one.
inline constexpr unsigned k_count_not_known = 0;

class CurrentRun {
 public:
  // `lines` must outlive this object; what cannot be recorded is said there.
  CurrentRun(RunOrigin origin, RunLines& lines) : origin_(std::move(origin)), lines_(lines) {}

  // Whether a test with this include count belongs to a later run: then close() this one first.
  bool is_over_at(unsigned include_count) const;
  // The run of a test with this include count, begun if there is none.
  Run& at(unsigned include_count);
  unsigned include_count() const { return include_count_; }

  bool has_begun() const { return run_.has_value(); }
  // Null: none has begun.
  Run* current() { return run_ ? &*run_ : nullptr; }
  ScratchPool* scratch() { return run_ ? run_->scratch() : nullptr; }
  std::string id() const { return run_ ? run_->id() : std::string(); }
  std::string journal() const { return run_ ? run_->journal() : std::string(); }

  // Records the end of the run, begun if there was none, for `holdfast end`, which prints the
  // summary.
  std::string finish_for_end();
  // Records its end and prints the summary, unless `holdfast end` has. The next one can begin.
  void close(Run::Completeness completeness);

  // ctest renames its log when it is through; a log that still has its working name was left by a
  // ctest that died.
  bool has_unfinished_log() const;

 private:
  std::string finish(Run::Completeness completeness);
  void note_ctest_log();

  RunOrigin origin_;
  RunLines& lines_;
  std::optional<Run> run_;
  unsigned runs_ = 0;
  unsigned include_count_ = k_count_not_known;
  bool ended_ = false;  // `holdfast end` has been here
};

}  // namespace holdfast
