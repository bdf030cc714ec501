#include "exec/attempt_judge.hpp"

#include <sys/resource.h>

#include <charconv>
#include <limits>

#include "os/bounded_work.hpp"

namespace holdfast::exec {
namespace {

// Of the processor: on a busy machine a search takes as long as it takes, within reason.
constexpr rlimit k_search_limit{2, 2};
constexpr Milliseconds k_search_time{60'000};
constexpr std::size_t k_all = std::numeric_limits<std::size_t>::max();

VerdictProperties properties_of(const launcher::Invocation& invocation) {
  Result<VerdictProperties> properties = parse_verdict_properties(invocation.properties.verdict);
  return properties ? *properties : VerdictProperties{};
}

}  // namespace

AttemptJudge::AttemptJudge(const launcher::Invocation& invocation, const RetryPolicy& policy)
    : verdict_(properties_of(invocation)) {
  if (policy.known.empty()) return;
  // They have been compiled by whoever read them from the file.
  Result<Signatures> signatures = Signatures::of(policy.known);
  if (!signatures) return;
  signatures_ = std::move(*signatures);
  has_signatures_ = true;
}

AttemptResult AttemptJudge::judge(const launcher::AttemptResult& result, ExitMode mode,
                                  const OutputRelay* output) const {
  AttemptResult judged;
  judged.outcome = result.outcome;
  judged.main = result.observation.main;
  const bool reads = verdict_.needs_output() && output != nullptr;
  judged.verdict = verdict_.of(exit_of(result.outcome, result.observation, mode),
                               reads ? output->text(k_all) : std::string());
  if (judged.verdict == MirroredVerdict::failed && has_signatures_ && output != nullptr) {
    judged.known = known_in(output->text(k_most_searched_output));
  }
  return judged;
}

// Some expressions take minutes for an output in which they are not found.
std::optional<std::size_t> AttemptJudge::known_in(const std::string& output) const {
  os::BoundedOrder order;
  order.time = k_search_time;
  order.work = [&]() -> Result<std::string> {
    (void)::setrlimit(RLIMIT_CPU, &k_search_limit);
    const std::optional<std::size_t> found = signatures_.found_in(output);
    return found ? std::to_string(*found) : std::string();
  };
  const os::BoundedEnd end = os::run_bounded(order);
  std::size_t found = 0;
  const char* const last = end.output.data() + end.output.size();
  if (end.kind != os::BoundedEnd::Kind::exited || end.output.empty() ||
      std::from_chars(end.output.data(), last, found).ec != std::errc{}) {
    return std::nullopt;
  }
  return found;
}

bool AttemptJudge::is_same_with(const launcher::AttemptResult& result, ExitMode mode,
                                const OutputRelay& output, std::string_view more) const {
  if (!verdict_.needs_output()) return true;
  const Exit end = exit_of(result.outcome, result.observation, mode);
  std::string text = output.text(k_all);
  const MirroredVerdict without = verdict_.of(end, text);
  return verdict_.of(end, text.append(more)) == without;
}

}  // namespace holdfast::exec
