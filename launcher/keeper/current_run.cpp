#include "keeper/current_run.hpp"

#include <unistd.h>

namespace holdfast {

bool CurrentRun::is_over_at(unsigned include_count) const {
  return run_ && include_count_ != k_count_not_known && include_count_ != include_count;
}

Run& CurrentRun::at(unsigned include_count) {
  if (!run_) {
    run_ = Run::begin(origin_, ++runs_);
    ended_ = false;
    if (!run_->trouble().empty()) lines_.say_once(run_->trouble());
  }
  // ctest opens its log before the first test asks, and not again in this run.
  if (include_count_ != include_count) note_ctest_log();
  include_count_ = include_count;
  return *run_;
}

void CurrentRun::note_ctest_log() {
  if (std::optional<CtestLog> log = find_ctest_log(origin_.ctest)) run_->note_ctest_log(*log);
}

std::string CurrentRun::finish(Run::Completeness completeness) {
  std::string summary = run_->finish(completeness);
  if (!run_->trouble().empty()) lines_.say_once(run_->trouble());
  return summary;
}

std::string CurrentRun::finish_for_end() {
  if (!run_) at(k_count_not_known);
  if (!run_->ctest_log()) note_ctest_log();
  std::string summary = finish(Run::Completeness::complete);
  ended_ = true;
  return summary;
}

void CurrentRun::close(Run::Completeness completeness) {
  if (run_ && !ended_) {
    const std::string summary = finish(completeness);
    lines_.print(summary);
  }
  run_.reset();
}

bool CurrentRun::has_unfinished_log() const {
  return run_ && run_->ctest_log() && ::access(run_->ctest_log()->file.c_str(), F_OK) == 0;
}

}  // namespace holdfast
