#include "cli/select/past_tests.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "cli/history_file.hpp"
#include "history/answers/recent.hpp"

namespace holdfast::cli {
namespace {

// Of the tests that are listed, all runs are asked for what is still open.
Result<RecentTests> recent_of(History& history, const TreeTests& all, std::size_t times) {
  Result<std::vector<NumberedTest>> tests = history.tests();
  if (!tests) return tests.error();
  const TestPlaces places = places_of(all.tests);
  std::erase_if(*tests,
                [&](const NumberedTest& test) { return places.named(test.id.name).empty(); });
  return recent_tests(history, *tests, times, std::numeric_limits<std::size_t>::max());
}

}  // namespace

Result<TestSet> red_tests(const UserCall& user, const TreeTests& all) {
  Result<History> history = open_history(user.tree);
  if (!history) return history.error();
  const Result<RecentTests> recent = recent_of(*history, all, 0);
  if (!recent) return recent.error();
  TestSet red;
  for (const SelectableTest& test : all.tests)
    red.push_back(recent->was_red({test.name, test.key}));
  return red;
}

Result<TestTimes> times_of(History& history, const TreeTests& all) {
  const Result<RecentTests> recent = recent_of(history, all, k_times_of_test);
  if (!recent) return recent.error();
  TestTimes times;
  for (const SelectableTest& test : all.tests) {
    const std::optional<double> seconds = recent->seconds_of({test.name, test.key});
    times.push_back(seconds ? std::optional(std::llround(*seconds * 1000)) : std::nullopt);
  }
  return times;
}

}  // namespace holdfast::cli
