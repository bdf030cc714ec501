#include "keeper/run/current_run.hpp"

namespace holdfast {

bool CurrentRun::is_over_at(unsigned include_count) const {
  if (!run_) return false;
  return ended_ || (include_count_ != k_count_not_known && include_count_ != include_count);
}

Run& CurrentRun::at(unsigned include_count) {
  if (!run_) {
    run_ = Run::begin(origin_, ++runs_);
    looked_for_log_ = false;
    ended_ = false;
    is_remembered_ = false;
    if (!run_->trouble().empty()) lines_.say_once(run_->trouble());
  }
  include_count_ = include_count;
  return *run_;
}

std::string CurrentRun::finish(Run::Completeness completeness) {
  std::string summary = run_->finish(completeness);
  if (!run_->trouble().empty()) lines_.say_once(run_->trouble());
  return summary;
}

std::string CurrentRun::finish_for_end() {
  if (!run_) at(k_count_not_known);
  if (!ended_) summary_ = finish(Run::Completeness::complete);
  ended_ = true;
  return summary_;
}

void CurrentRun::close(Run::Completeness completeness) {
  if (run_ && !ended_) {
    lines_.print(finish(completeness));
    if (!run_->unlike_choice().empty()) lines_.say(run_->unlike_choice());
  }
  if (run_ && !is_remembered_) {
    last_closed_ = run_->id();
    if (first_closed_.empty()) first_closed_ = last_closed_;
  }
  run_.reset();
  ended_ = false;
  include_count_ = k_count_not_known;
}

bool CurrentRun::has_all_tests() const {
  if (!run_ || ended_) return true;
  return run_->log() && !run_->log()->was_opened() && run_->log()->is_whole();
}

}  // namespace holdfast
