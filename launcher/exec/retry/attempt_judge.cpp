#include "exec/retry/attempt_judge.hpp"

namespace holdfast::exec {

AttemptJudge::AttemptJudge(const supervision::Invocation& invocation, const RetryPolicy& policy)
    : mirror_(invocation) {
  if (policy.known.empty()) return;
  // The patterns were checked when the file was read.
  std::vector<std::string> patterns;
  for (const KnownFlake& known : policy.known) patterns.push_back(known.signature);
  Result<Signatures> signatures = Signatures::of(patterns);
  if (!signatures) return;
  signatures_ = std::move(*signatures);
  has_signatures_ = true;
}

AttemptResult AttemptJudge::judge(const supervision::AttemptResult& result, ExitMode mode,
                                  const OutputRelay* output) const {
  AttemptResult judged;
  judged.outcome = result.outcome;
  judged.main = result.observation.main;
  judged.told_to_end = result.pressed != 0;
  judged.verdict = mirror_.of(result, mode, output);
  if (judged.verdict == MirroredVerdict::failed && has_signatures_ && output != nullptr) {
    judged.known = signatures_.found_in(output->text(k_most_searched_output));
  }
  return judged;
}

}  // namespace holdfast::exec
