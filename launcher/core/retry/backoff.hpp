// How long to wait before a further attempt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace holdfast {

// A share in thousandths, 0…1000. People write it as 0.25.
using PerMille = unsigned;

inline constexpr PerMille k_whole = 1000;

struct Backoff {
  Milliseconds first{0};    // 0: at once
  Milliseconds longest{0};  // more than `first`: each further wait doubles, up to this

  friend bool operator==(const Backoff&, const Backoff&) = default;
};

// `2s` is always the same; `exponential:500ms..30s` doubles.
Result<Backoff> parse_backoff(std::string_view text);
std::string to_text(const Backoff& backoff);

// Takes a number between 0 and 1: `0.25`.
Result<PerMille> parse_share(std::string_view text);
std::string share_to_text(PerMille share);

// The wait before further attempt number `further`, from 1. With a jitter of 0.25, the wait is
// between three quarters and all of the backoff. `seed` and `further` alone decide how long it is.
// Tests have different seeds, so tests that failed together do not start again together.
Milliseconds wait_before(unsigned further, const Backoff& backoff, PerMille jitter,
                         std::uint64_t seed);

}  // namespace holdfast
