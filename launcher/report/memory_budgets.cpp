#include "report/memory_budgets.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "core/base/program_identity.hpp"
#include "core/lock/lock_spec.hpp"
#include "report/sections.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_shown = 5;
// Tests that need less hardly get in each other's way.
constexpr std::uint64_t k_worth_a_budget_kb = std::uint64_t{512} << 10U;

std::uint64_t peak_kb(const TestReport& test) {
  std::int64_t peak = 0;
  for (const Attempt& attempt : test.attempts) {
    peak = std::max({peak, attempt.max_rss_kb, attempt.memory_peak_kb.value_or(0)});
  }
  return static_cast<std::uint64_t>(peak);
}

// What the test asked for; 0: nothing.
std::uint64_t asked_kb(const TestReport& test) {
  for (const std::string& text : test.attempts.back().locks) {
    const Result<LockSpec> lock = parse_lock_spec(text);
    if (lock && lock->mode == LockMode::amount && lock->name == k_memory_name) return lock->units;
  }
  return 0;
}

std::string line(const TestReport& test) {
  const std::uint64_t peak = peak_kb(test);
  const std::uint64_t asked = asked_kb(test);
  const std::string text = describe_size(peak * 1024);
  if (asked >= peak) return fmt::format("{}, asked for {}", text, size_text(asked));
  const std::string proposal =
      fmt::format("HOLDFAST_LOCKS \"{}:{}\"", k_memory_name, size_text(proposed_memory_kb(peak)));
  if (asked == 0) return fmt::format("{}, asked for none; {}", text, proposal);
  return fmt::format("{}, more than the {} it asked for; {}", text, size_text(asked), proposal);
}

}  // namespace

std::uint64_t proposed_memory_kb(std::uint64_t peak_kb) {
  constexpr std::uint64_t k_step = std::uint64_t{256} << 10U;
  const std::uint64_t wanted = peak_kb + peak_kb / 4;
  return (wanted + k_step - 1) / k_step * k_step;
}

std::string memory_budgets(const RunReport& report) {
  Tests tests = tests_that(
      report, [](const TestReport& test) { return peak_kb(test) >= k_worth_a_budget_kb; });
  put_largest_first(tests, peak_kb);
  tests.resize(std::min(tests.size(), k_shown));
  return section("Most memory", tests, k_shown, line);
}

}  // namespace holdfast
