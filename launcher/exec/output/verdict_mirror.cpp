#include "exec/output/verdict_mirror.hpp"

#include <limits>
#include <string>

namespace holdfast::exec {
namespace {

constexpr std::size_t k_all = std::numeric_limits<std::size_t>::max();

VerdictProperties properties_of(const supervision::Invocation& invocation) {
  Result<VerdictProperties> properties = parse_verdict_properties(invocation.facts.verdict);
  return properties ? *properties : VerdictProperties{};
}

}  // namespace

VerdictMirror::VerdictMirror(const supervision::Invocation& invocation)
    : verdict_(properties_of(invocation)) {}

MirroredVerdict VerdictMirror::of(const supervision::AttemptResult& result, ExitMode mode,
                                  const OutputRelay* output) const {
  // The exit code of a command says nothing about an attempt that was cut short.
  if (result.outcome == Outcome::interrupted) return MirroredVerdict::failed;
  const bool reads = verdict_.needs_output() && output != nullptr;
  return verdict_.of(exit_of(result.outcome, result.observation, mode),
                     reads ? output->text(k_all) : std::string());
}

bool VerdictMirror::is_same_with(const supervision::AttemptResult& result, ExitMode mode,
                                 const OutputRelay& output, std::string_view more) const {
  if (!verdict_.needs_output()) return true;
  const Exit end = exit_of(result.outcome, result.observation, mode);
  std::string text = output.text(k_all);
  const MirroredVerdict without = verdict_.of(end, text);
  return verdict_.of(end, text.append(more)) == without;
}

}  // namespace holdfast::exec
