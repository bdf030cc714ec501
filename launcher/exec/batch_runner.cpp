#include "exec/batch_runner.hpp"

#include "exec/output/verdict_mirror.hpp"

namespace holdfast::exec {

supervision::AttemptResult BatchRunner::run(const supervision::AttemptPlan& plan,
                                            supervision::Surroundings& around) {
  output_ = std::make_unique<OutputRelay>(log_of(*plan.identity));
  supervision::AttemptResult result = run_batch(plan, around, *output_, rest_);
  if (const std::string trouble = output_->take_trouble(); !trouble.empty()) {
    plan.teller->complain_once(trouble);
  }
  result.log = output_->log();
  return result;
}

std::optional<supervision::NextAttempt> BatchRunner::conclude(
    const supervision::EndedAttempt& ended) {
  const VerdictMirror mirror(ended.invocation);
  ended.result.verdict = name_of(mirror.of(ended.result, ExitMode::ctest, output_.get()));
  return std::nullopt;
}

}  // namespace holdfast::exec
