#include "report/said/ran_nothing.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <set>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "report/describe.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_names_shown = 8;
constexpr std::size_t k_most_looked_at = 10'000;
// A program that runs nothing prints little. These lines alone take more than the smaller number.
constexpr std::uint64_t k_shortest = 60;
constexpr std::uint64_t k_longest = 4096;

constexpr std::string_view k_ran = "[==========] 0 tests from 0 test ";
constexpr std::string_view k_passed = "[  PASSED  ] 0 tests.";

}  // namespace

bool may_say_ran_nothing(const TestReport& test) {
  if (test.outcome != Outcome::passed || test.attempts.empty() || !test.output_place) return false;
  const std::uint64_t length = test.output_place->length;
  return length >= k_shortest && length <= k_longest && test.cases.empty();
}

bool says_ran_nothing(std::string_view output) {
  const std::size_t ran = output.find(k_ran);
  return ran != std::string_view::npos && output.find(k_passed, ran) != std::string_view::npos;
}

std::vector<std::string> tests_that_say_they_ran_nothing(const RunReport& report,
                                                         Outputs& outputs) {
  std::vector<std::string> names;
  std::set<std::string_view> known;
  std::size_t looked_at = 0;
  for (const TestReport& test : report.tests) {
    if (!may_say_ran_nothing(test)) continue;
    if (++looked_at > k_most_looked_at) break;
    if (known.count(test.name) != 0 || !says_ran_nothing(outputs.of(test).text)) continue;
    known.insert(test.name);
    names.push_back(test.name);
  }
  return names;
}

std::string ran_nothing_text(const RunReport& report) {
  const std::vector<std::string>& tests = report.run.ran_nothing;
  if (tests.empty()) return {};
  std::vector<std::string> names;
  for (const std::string& test : tests) names.push_back(brief(test));
  return fmt::format(
      "{} had nothing to run, as printed ({}): no-tests = \"fail\" in holdfast.toml makes such a "
      "test fail",
      counted(tests.size(), "test"), bounded_list(names, k_names_shown));
}

}  // namespace holdfast
