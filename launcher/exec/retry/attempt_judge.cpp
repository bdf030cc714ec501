#include "exec/retry/attempt_judge.hpp"

#include "exec/base/answer.hpp"

namespace holdfast::exec {

AttemptJudge::AttemptJudge(const supervision::Invocation& invocation, const RetryPolicy& policy)
    : mirror_(invocation) {
  for (const KnownFlake& known : policy.known) signatures_.push_back(known.signature);
}

AttemptResult AttemptJudge::judge(const supervision::AttemptResult& result, ExitMode mode,
                                  const OutputRelay* output) const {
  AttemptResult judged;
  judged.outcome = result.outcome;
  judged.main = result.observation.main;
  judged.told_to_end = result.pressed != 0;
  judged.verdict = mirror_.of(result, mode, output);
  if (judged.verdict == MirroredVerdict::failed && !signatures_.empty() && output != nullptr) {
    judged.known = first_found(signatures_, output->text(k_most_searched_output));
  }
  return judged;
}

}  // namespace holdfast::exec
