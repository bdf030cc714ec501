#include "exec/batch_runner.hpp"

#include "exec/verdict_mirror.hpp"

namespace holdfast::exec {

launcher::AttemptResult BatchRunner::run(const launcher::AttemptPlan& plan,
                                         launcher::Surroundings& around) {
  output_ = std::make_unique<OutputRelay>(log_of(*plan.identity));
  launcher::AttemptResult result = run_batch(plan, around, *output_, rest_);
  if (const std::string trouble = output_->take_trouble(); !trouble.empty()) {
    plan.teller->complain_once(trouble);
  }
  result.log = output_->log();
  return result;
}

std::optional<launcher::NextAttempt> BatchRunner::conclude(const launcher::EndedAttempt& ended) {
  const VerdictMirror mirror(ended.invocation);
  ended.result.verdict = name_of(mirror.of(ended.result, ExitMode::ctest, output_.get()));
  return std::nullopt;
}

}  // namespace holdfast::exec
