// The further attempts of a whole run: their budget, and the breaker that stops them where most
// tests fail, since then it is not the tests that are flaky. State without clock or process: the
// keeper has one per run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/retry/backoff.hpp"

namespace holdfast {

struct RunRetryLimits {
  std::optional<unsigned> budget;  // further attempts in the whole run; none: no limit
  PerMille breaker = 500;          // more of the tests have failed: no more retries; 1000: never

  friend bool operator==(const RunRetryLimits&, const RunRetryLimits&) = default;
};

// Fewer say nothing about a run.
inline constexpr unsigned k_breaker_tests = 20;

struct RunAnswer {
  bool granted = true;
  std::string reason;  // when not: a whole clause
};

class RunRetries {
 public:
  explicit RunRetries(const RunRetryLimits& limits) : limits_(limits) {}

  // How the latest attempt of a test came out. `test` is the same text for all attempts of a test
  // and no other's. Skipped ones are not told.
  void came_out(std::string_view test, bool failed);

  // A test failed and would be tried again; counts as came_out(test, true). Granted means used.
  RunAnswer again(std::string_view test);

  // One sentence about what was granted and refused; empty when nothing was asked.
  std::string summary() const;

  unsigned granted() const { return granted_; }
  bool is_open() const { return open_; }

 private:
  bool opens() const;
  std::string breaker_reason() const;

  RunRetryLimits limits_;
  std::unordered_map<std::string, bool> failed_;  // each test's latest attempt
  unsigned failures_ = 0;
  unsigned granted_ = 0;
  unsigned refused_ = 0;
  bool open_ = false;  // for the rest of the run
  std::string why_open_;
};

}  // namespace holdfast
