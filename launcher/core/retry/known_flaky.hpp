// An entry of [[known-flaky]] in holdfast.toml.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/retry/retry_rules.hpp"

namespace holdfast {

// A calendar day in UTC.
using Day = std::chrono::year_month_day;

inline constexpr unsigned k_default_flaky_attempts = 2;

struct KnownFlaky {
  std::string tests;  // a regular expression; a match anywhere in the test's name counts
  KnownFlake flake;
  Day expires{};  // the last day on which the entry holds
  std::string origin;
};

// Takes `2026-12-31`; none for anything else, and for a day that does not exist.
std::optional<Day> parse_day(std::string_view text);
std::string to_text(const Day& day);
Day day_of(std::int64_t unix_ms);

bool has_expired(const KnownFlaky& entry, const Day& today);

}  // namespace holdfast
