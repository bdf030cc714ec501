#include "history/slowest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/text.hpp"
#include "history/past_run.hpp"
#include "report/describe.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_slowest_shown = 20;

}  // namespace

double median_s(std::vector<std::int64_t> times_ms) {
  if (times_ms.empty()) return 0;
  std::sort(times_ms.begin(), times_ms.end());
  const std::size_t half = times_ms.size() / 2;
  const std::int64_t twice =
      times_ms.size() % 2 == 1 ? 2 * times_ms[half] : times_ms[half - 1] + times_ms[half];
  return static_cast<double>(twice) / 2000;
}

void Durations::add(const PastRun& run) {
  for (const PastResult& result : run.results) {
    if (result.grade != Grade::passed || result.attempts == 0) continue;
    std::vector<std::int64_t>& times = times_[result.test];
    if (times.size() == k_last_runs) times.erase(times.begin());
    times.push_back(result.wall_ms);
  }
}

std::vector<std::int64_t> Durations::of(const TestId& test) const {
  const auto found = times_.find(test);
  return found == times_.end() ? std::vector<std::int64_t>() : found->second;
}

std::vector<SlowTest> Durations::sorted() const {
  std::vector<SlowTest> list;
  for (const auto& [test, times] : times_) {
    if (!test.batch.empty()) continue;
    list.push_back({test, median_s(times), static_cast<double>(times.back()) / 1000, times.size()});
  }
  std::ranges::stable_sort(list, std::greater<>(), &SlowTest::median);
  return list;
}

std::string slowest_text(const std::vector<SlowTest>& all) {
  if (all.empty()) return "no test that passed is in the history\n";
  std::vector<SlowTest> sorted = all;
  const std::size_t left_out =
      std::erase_if(sorted, [](const SlowTest& one) { return one.runs < k_least_runs; });
  const std::string others = fmt::format("{} passed fewer than {} times: not known well enough\n",
                                         counted(left_out, "test"), k_least_runs);
  if (sorted.empty()) return others;
  double total = 0;
  for (const SlowTest& one : sorted) total += one.median;
  std::string text =
      fmt::format("The slowest of {}, by the median of their last {} runs; all take {}\n",
                  counted(sorted.size(), "test"), k_last_runs, duration_text(total));
  for (std::size_t i = 0; i < std::min(sorted.size(), k_slowest_shown); ++i) {
    const SlowTest& one = sorted[i];
    text += fmt::format("  {:>12}  {:>5.1f} %  {}\n", duration_text(one.median),
                        total > 0 ? 100 * one.median / total : 0.0, title_of(one.test));
  }
  return left_out == 0 ? text : text + others;
}

std::string slowest_json(const std::vector<SlowTest>& sorted) {
  Json list = list_of(sorted, [](const SlowTest& test) {
    Json one = json_of(test.test);
    one["median_s"] = test.median;
    one["last_s"] = test.last;
    one["runs"] = test.runs;
    return one;
  });
  return dumped({{"version", 1}, {"slowest", std::move(list)}});
}

}  // namespace holdfast
