// What changed from one run to another: `holdfast compare RUN RUN`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/ctest/shown_tests.hpp"
#include "history/history.hpp"
#include "history/past_run.hpp"

namespace holdfast {

struct Change {
  TestId test;
  PastResult before;
  PastResult after;
  double usual_s = 0;  // the median of its last times before; only of those that are newly slow
};

// The times of tests and cases where they passed, in milliseconds.
class EarlierTimes {
 public:
  // The runs, oldest first.
  void add(const PastRun& run);
  // The last k_last_runs of them (history/answers/phrases.hpp), oldest first.
  std::vector<std::int64_t> of(const TestId& test) const;

 private:
  std::map<TestId, std::vector<std::int64_t>> times_;
};

struct Comparison {
  RunHead before;
  RunHead after;
  std::vector<Change> newly_red;  // green before
  // Passed in both, and took longer than in each of at least k_least_runs runs before: half as long
  // again as the median of these, and 0.1 s more.
  std::vector<Change> newly_slow;
  std::vector<Change> mended;  // red before, green after
  std::vector<Change> still_red;
  std::vector<PastResult> added;  // only in the later run
  std::vector<PastResult> gone;   // only in the earlier run
};

// `times`: of the runs up to `before`, which is one of them.
Comparison compare(const PastRun& before, const PastRun& after, const EarlierTimes& times);

std::string comparison_text(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);

// What became of one test in all runs: `holdfast history TEST`.
class TestHistory {
 public:
  // The runs, oldest first. All tests and cases in `run` belong to the answer.
  void add(const PastRun& run);

  using Seen = std::pair<RunHead, PastResult>;
  const std::map<TestId, std::vector<Seen>>& tests() const { return tests_; }

 private:
  std::map<TestId, std::vector<Seen>> tests_;
};

// Which characters the chart of durations may have.
enum class Charset : std::uint8_t { ascii, unicode };

// Empty if no run had such a test.
std::string history_text(const TestHistory& history, Charset charset);
std::string history_json(const TestHistory& history);

// What the newest runs say of each test: whether it is red, and how long it took. A large history
// need not be read to its beginning.
struct RecentTest {
  std::string name;
  std::string key = {};
  std::size_t seen = 0;                     // in which result, from the newest; 0: in none
  bool is_red = false;                      // in the last such run
  std::vector<std::int64_t> times_ms = {};  // of the last runs in which it passed, newest first

  // The median of the times; 0: there are none.
  double seconds() const;
};

class RecentTests {
 public:
  // Only tests of ctest are asked for, in the order of their numbers. `times`: how many are wanted
  // of each.
  RecentTests(const std::vector<NumberedTest>& tests, std::size_t times);

  // The results of History::read_back().
  void add(const BriefResult& result);
  // Where those are of which older runs may say more. Nothing: there is none.
  std::optional<NumberRange> open();

  // In the order of `tests`.
  const std::vector<RecentTest>& tests() const { return tests_; }

  // A test of a list. If it is not known which one of its name that is, it is each that may be
  // meant: red if one of them is.
  bool was_red(const RanTest& test) const;
  // The median of its times. Nothing: it has none.
  std::optional<double> seconds_of(const RanTest& test) const;

 private:
  bool is_open(const RecentTest& test) const;
  std::vector<const RecentTest*> meant_by(const RanTest& test) const;

  std::vector<RecentTest> tests_;
  std::vector<std::int64_t> numbers_;                                 // by place in tests_
  std::unordered_map<std::string, std::vector<std::size_t>> places_;  // by name
  std::size_t results_ = 0;
  std::size_t times_;
  // Before and behind these places, no test is open.
  std::size_t first_ = 0;
  std::size_t end_ = 0;
};

// The median of so many runs is taken.
inline constexpr std::size_t k_times_of_test = 5;

// `times`: how many are wanted of each test. About `most` results are read.
Result<RecentTests> recent_tests(History& history, const std::vector<NumberedTest>& tests,
                                 std::size_t times, std::size_t most);

// Commands for ctest-integration/test_order.cmake. Empty: nothing is known that makes an order.
Result<std::string> commands_for(TestOrder order, History& history);

}  // namespace holdfast
