// What a batch comes to if its program tells of no case, has none to run, or skips all.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/parts.hpp"
#include "core/batch/batch.hpp"

namespace holdfast {

// Whether the worker came to its end and began no case, because a global environment has skipped
// all.
bool Batch::is_skipped_as_a_whole() const {
  return worker_skipped_all_ && worker_finished_ && !worker_has_begun_ && !open_;
}

// Whether the first worker exited before it told anything of its cases: its main() came to an end
// without them, or it prints in a way of its own.
bool Batch::is_early(const WorkerEnd& end) const {
  if (worker_reached_ || beyond_cases_ || ran_empty_) return false;
  return end.exited_by_itself() && results_.empty() && ordered_.empty() && !announced_ &&
         !has_told_ && !has_printed_help_ && framework_.tells() != Telling::nothing;
}

// Judges cases whose processes exited and told of no case. If no process has told of one, main()
// may do without cases here, or the program prints in a way of its own. So it runs as it is, and
// decides the result, as in plain ctest.
void Batch::settle_untold() {
  std::vector<CaseResult> untold = std::exchange(untold_, {});
  if (!has_told_) {
    return run_as_one("a process for one case told of no case");
  }
  for (CaseResult& result : untold) record(std::move(result));
  go_on();
}

// Whether nothing is known of its cases yet, and it may run as it is.
bool Batch::may_run_as_one() const {
  return isolation_ == Isolation::process && results_.empty() && !stopped_ && !is_parted_ &&
         !is_of_some_cases_;
}

// The program runs as it is.
void Batch::run_as_one(const std::string& why) {
  runs_as_one_ = true;
  isolation_ = Isolation::none;
  say(text_of({"no process per case: ", why}));
  start_worker({BatchAction::Kind::run_all});
}

// There is no case to isolate. The program itself runs and decides the result, as in plain ctest.
void Batch::run_empty() {
  const bool is_over = !results_.empty() || !children_.empty() || beyond_cases_ || stopped_;
  if (is_over) return ask(BatchAction::Kind::end);
  isolation_ = Isolation::none;
  ran_empty_ = true;
  start_worker({BatchAction::Kind::run_all});
}

void Batch::skip_waiting() {
  for (const std::string& name : std::exchange(waiting_, {})) {
    CaseResult result;
    result.name = name;
    result.outcome = Outcome::skipped;
    record(std::move(result));
  }
  ask(BatchAction::Kind::end);
}

}  // namespace holdfast
