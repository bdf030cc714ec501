#include "exec/retry/attempt_judge.hpp"

#include "exec/base/answer.hpp"

namespace holdfast::exec {

AttemptJudge::AttemptJudge(const supervision::Invocation& invocation, const RetryPolicy& policy)
    : mirror_(invocation) {
  for (const KnownFlake& known : policy.known) signatures_.push_back(known.signature);
}

AttemptResult AttemptJudge::judge(const supervision::EndedAttempt& ended, ExitMode mode,
                                  const OutputRelay* output) const {
  const supervision::AttemptResult& result = ended.result;
  AttemptResult judged;
  judged.outcome = result.outcome;
  judged.main = result.observation.main;
  judged.told_to_end = result.pressed != 0;
  judged.verdict = mirror_.of(result, mode, output);
  if (judged.verdict == MirroredVerdict::failed && !signatures_.empty() && output != nullptr) {
    judged.known = known_in(output->text(k_most_searched_output), ended);
  }
  return judged;
}

std::optional<std::size_t> AttemptJudge::known_in(const std::string& output,
                                                  const supervision::EndedAttempt& ended) const {
  const Result<std::optional<std::size_t>> found = first_found(signatures_, output);
  if (found) return *found;
  supervision::Teller(ended.teller)
      .complain_once("ignoring [[known-flaky]]: " + to_text(found.error()));
  return std::nullopt;
}

}  // namespace holdfast::exec
