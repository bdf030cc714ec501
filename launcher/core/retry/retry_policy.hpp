// When an attempt that failed is tried again: what properties, holdfast.toml and the command line
// have come to. core/retry/retry_decision.hpp applies it.
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

// What a test that passed after a failed attempt comes to.
enum class FlakyResult : std::uint8_t { pass, fail };

constexpr std::array<std::string_view, 2> words_of(FlakyResult) { return {"pass", "fail"}; }

// A failure that is known, and excused `attempts` further attempts.
struct KnownFlake {
  std::string signature;  // found in a line of the attempt's output (settings/signatures.hpp)
  std::string issue;      // where it is being dealt with
  unsigned attempts = 0;

  friend bool operator==(const KnownFlake&, const KnownFlake&) = default;
};

struct RetryPolicy {
  RetryRules rules;
  Backoff backoff;
  PerMille jitter = 0;
  bool last_alone = false;  // the last attempt there is, with nothing beside it
  FlakyResult flaky_result = FlakyResult::pass;
  std::vector<KnownFlake> known = {};  // of this test, those that have not expired

  // Whether a failure may be tried again at all: else the attempt can be a plain one.
  bool may_retry() const { return !rules.empty() || !known.empty(); }

  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

}  // namespace holdfast
