// An entry of [[known-flaky]] in holdfast.toml.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/retry/retry_policy.hpp"

namespace holdfast {

// A day of the calendar, as UTC has it.
using Day = std::chrono::year_month_day;

inline constexpr unsigned k_default_flaky_attempts = 2;

struct KnownFlaky {
  std::string tests;  // a regular expression that is found in the test's name
  KnownFlake flake;
  Day expires{};  // the last day on which it holds
  std::string origin;
};

// `2026-12-31`; none for anything else, and for a day that there is not.
std::optional<Day> parse_day(std::string_view text);
std::string to_text(const Day& day);
Day day_of(std::int64_t unix_ms);

bool has_expired(const KnownFlaky& entry, const Day& today);

}  // namespace holdfast
