#include "core/step/step_retry.hpp"

#include "core/base/parts.hpp"

namespace holdfast {

bool may_be_done_once_more(const BuildStep& step, const Observation& seen) {
  if (step.kind == StepKind::custom || step.earlier.count > 0) return false;
  // Somebody wanted the step to end, or the step never began.
  if (seen.end_reason != EndReason::none || seen.own_failure) return false;
  if (seen.lock_not_had || seen.lock_refused || seen.lock_lost) return false;
  return seen.main.kind == ProcessEnd::Kind::signalled ||
         (seen.main.kind == ProcessEnd::Kind::exited && seen.main.code != 0);
}

bool died_of_sigkill(const Observation& seen) {
  return seen.main.kind == ProcessEnd::Kind::signalled && seen.main.code == k_signal_kill;
}

std::string why_once_more(const Observation& seen, const StepEvidence& evidence) {
  if (evidence.out_of_memory && died_of_sigkill(seen)) return "was killed because memory ran out";
  // The compiler's driver survives the killed process and says so: `g++: fatal error: Killed signal
  // terminated program cc1plus`.
  if (evidence.out_of_memory && seen.main.kind == ProcessEnd::Kind::exited) {
    return "failed while the kernel killed because memory ran out";
  }
  if (!evidence.signature.empty())
    return text_of({"failed of what may pass: \"", evidence.signature, "\""});
  return {};
}

}  // namespace holdfast
