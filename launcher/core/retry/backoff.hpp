// How long to wait before a further attempt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace holdfast {

// A share in thousandths: 0…1000. As a number of people: 0.25.
using PerMille = unsigned;

inline constexpr PerMille k_whole = 1000;

struct Backoff {
  Milliseconds first{0};    // 0: at once
  Milliseconds longest{0};  // more than `first`: doubled with each further attempt, up to this

  friend bool operator==(const Backoff&, const Backoff&) = default;
};

// `2s`, always the same; `exponential:500ms..30s`.
Result<Backoff> parse_backoff(std::string_view text);
std::string to_text(const Backoff& backoff);

// A number between 0 and 1, `0.25`.
Result<PerMille> parse_share(std::string_view text);
std::string share_to_text(PerMille share);

// The wait before the further attempt number `further`, from 1. A jitter of 0.25 makes it anything
// between three quarters and all of what the backoff says, by `seed` and `further` alone: tests
// that failed together do not come back together.
Milliseconds wait_before(unsigned further, const Backoff& backoff, PerMille jitter,
                         std::uint64_t seed);

}  // namespace holdfast
