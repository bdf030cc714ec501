// Lengths of time as people write them: `500ms`, `5s`, `2m`, `1h`, `1.5`; a bare number is seconds.
// And days.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace holdfast {

using Milliseconds = std::chrono::milliseconds;

// The longest time there is, about 285 thousand years. A larger value becomes k_longest, so that
// "practically never" cannot wrap around into "at once".
inline constexpr Milliseconds k_longest = Milliseconds::max() / 1024;

// Refuses everything but a non-negative decimal number with an optional unit.
Result<Milliseconds> parse_duration(std::string_view text);

// `250ms`, `30s`, `20m`, `1h`: parse_duration() reads it back exactly.
std::string to_text(Milliseconds length);

// `4.2 s`, `3 min 20 s`, `1 h 5 min`: for people, never parsed again.
std::string describe(Milliseconds length);

// A calendar day in UTC.
using Day = std::chrono::year_month_day;

// Takes `2026-12-31`; none for anything else, and for a day that does not exist.
std::optional<Day> parse_day(std::string_view text);
std::string to_text(const Day& day);
Day day_of(std::int64_t unix_ms);

}  // namespace holdfast
