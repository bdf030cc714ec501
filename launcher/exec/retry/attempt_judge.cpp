#include "exec/retry/attempt_judge.hpp"

#include <sys/resource.h>

#include "core/base/number.hpp"
#include "os/process/bounded_work.hpp"

namespace holdfast::exec {
namespace {

// CPU seconds: on a busy machine a search may take longer than that by the clock, within reason.
constexpr rlimit k_search_limit{2, 2};
constexpr Milliseconds k_search_time{60'000};

}  // namespace

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
    judged.known = known_in(output->text(k_most_searched_output));
  }
  return judged;
}

// Runs in a process with limits: some expressions search for minutes if the output has no match.
std::optional<std::size_t> AttemptJudge::known_in(const std::string& output) const {
  os::BoundedOrder order;
  order.time = k_search_time;
  order.work = [&]() -> Result<std::string> {
    (void)::setrlimit(RLIMIT_CPU, &k_search_limit);
    const std::optional<std::size_t> found = signatures_.found_in(output);
    return found ? std::to_string(*found) : std::string();
  };
  const os::BoundedEnd end = os::run_bounded(order);
  if (end.kind != os::BoundedEnd::Kind::exited) return std::nullopt;
  return leading_number<std::size_t>(end.output);
}

}  // namespace holdfast::exec
