// When a failed attempt is tried again, as properties, holdfast.toml and the command line say.
// core/retry/retry_decision.hpp applies it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/words.hpp"
#include "core/retry/backoff.hpp"
#include "core/retry/retry_rules.hpp"

namespace holdfast {

// The result of a test that passed after a failed attempt.
enum class FlakyResult : std::uint8_t { pass, fail };

constexpr std::array<std::string_view, 2> words_of(FlakyResult) { return {"pass", "fail"}; }

// A known failure, which excuses `attempts` further attempts.
struct KnownFlake {
  std::string signature;  // found in a line of the attempt's output (settings/signatures.hpp)
  std::string issue;      // where somebody works on it
  unsigned attempts = 0;

  friend bool operator==(const KnownFlake&, const KnownFlake&) = default;
};

struct RetryPolicy {
  RetryRules rules;
  Backoff backoff;
  PerMille jitter = 0;
  bool last_alone = false;  // the last possible attempt runs with nothing beside it
  FlakyResult flaky_result = FlakyResult::pass;
  std::vector<KnownFlake> known = {};  // the known flakes of this test that have not expired

  // Whether a failure may be tried again at all. If not, the attempt can be a plain one.
  bool may_retry() const { return !rules.empty() || !known.empty(); }

  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

}  // namespace holdfast
