#include "store/verdict.hpp"

#include <array>

namespace holdfast {
namespace {

struct NamedVerdict {
  Verdict verdict;
  std::string_view name;
};

constexpr std::array<NamedVerdict, 5> k_verdicts{{
    {Verdict::passed, "passed"},
    {Verdict::failed, "failed"},
    {Verdict::skipped, "skipped"},
    {Verdict::disabled, "disabled"},
    {Verdict::unknown, "unknown"},
}};

}  // namespace

std::string_view name_of(Verdict verdict) {
  for (const NamedVerdict& entry : k_verdicts) {
    if (entry.verdict == verdict) return entry.name;
  }
  return "unknown";
}

std::optional<Verdict> verdict_named(std::string_view name) {
  for (const NamedVerdict& entry : k_verdicts) {
    if (entry.name == name) return entry.verdict;
  }
  return std::nullopt;
}

}  // namespace holdfast
