// Grants the further attempts of a whole run, up to a budget. A breaker stops them when most tests
// fail, because then flakiness is not the cause. The keeper has one such object per run. No clock,
// no process.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "values/retry_rules.hpp"

namespace holdfast {

// An entry of [[known-flaky]] in holdfast.toml.

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

struct RunRetryLimits {
  std::optional<unsigned> budget;  // further attempts in the whole run; none: no limit
  PerMille breaker = 500;  // no retries once a larger share of the tests has failed; 1000: never

  friend bool operator==(const RunRetryLimits&, const RunRetryLimits&) = default;
};

// With fewer tests, the breaker stays closed: they say nothing about a run.
inline constexpr unsigned k_breaker_tests = 20;

struct RunAnswer {
  bool granted = true;
  std::string reason;  // if not granted: a whole clause
};

class RunRetries {
 public:
  explicit RunRetries(const RunRetryLimits& limits) : limits_(limits) {}

  // Notes how the latest attempt of a test came out. `test` is the test's key, the same for all its
  // attempts. Not called for skipped attempts.
  void came_out(std::string_view test, bool failed);

  // Asks for another attempt of a failed test; counts as came_out(test, true). A granted attempt
  // counts as used.
  RunAnswer again(std::string_view test);

  // One sentence about what was granted and refused; empty: nothing was asked.
  std::string summary() const;

  unsigned granted() const { return granted_; }
  bool is_open() const { return !why_open_.empty(); }

 private:
  bool opens() const;

  RunRetryLimits limits_;
  std::unordered_map<std::string, bool> failed_;  // each test's latest attempt
  unsigned failures_ = 0;
  unsigned granted_ = 0;
  unsigned refused_ = 0;
  std::string why_open_;  // for the rest of the run; empty: it is not
};

}  // namespace holdfast
