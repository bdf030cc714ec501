// What became of tests in all runs, from what the history remembers: which take longest
// (`holdfast slowest`), one test (`holdfast history TEST`), and what changed from one run to
// another
// (`holdfast compare RUN RUN`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "history/past_run.hpp"

namespace holdfast {

// Which tests take longest.

// Of fewer runs nobody can say that they are slow.
inline constexpr std::size_t k_least_runs = 3;
// So many of the last runs count.
inline constexpr std::size_t k_last_runs = 10;

// In seconds; 0 for no times.
double median_s(std::vector<std::int64_t> times_ms);

struct SlowTest {
  TestId test;
  double median = 0;  // of its last runs, in seconds
  double last = 0;
  std::size_t runs = 0;  // how many these are
};

// The times of tests and cases where they passed.
class Durations {
 public:
  // The runs, oldest first.
  void add(const PastRun& run);
  // The last k_last_runs of them in milliseconds, oldest first.
  std::vector<std::int64_t> of(const TestId& test) const;
  // The slowest first. Only tests of ctest.
  std::vector<SlowTest> sorted() const;

 private:
  std::map<TestId, std::vector<std::int64_t>> times_;
};

std::string slowest_text(const std::vector<SlowTest>& sorted);
std::string slowest_json(const std::vector<SlowTest>& sorted);

// What became of one test.

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

// What changed from one run to another.

struct Change {
  TestId test;
  PastResult before;
  PastResult after;
  double usual_s = 0;  // the median of its last times before; only of those that are newly slow
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
Comparison compare(const PastRun& before, const PastRun& after, const Durations& times);

std::string comparison_text(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);

}  // namespace holdfast
