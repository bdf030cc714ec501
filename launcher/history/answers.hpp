// What became of tests in all runs, from what the history remembers: what was red when it was last
// seen (`holdfast failed`), which tests are flaky (`holdfast flaky`) and which take longest
// (`holdfast slowest`), one test (`holdfast history TEST`), and what changed from one run to
// another (`holdfast compare RUN RUN`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "history/past_run.hpp"

namespace holdfast {

// What was red when it was last seen, in any run.

struct RedTest {
  PastResult last;
  RunHead run;           // of `last`
  RunHead since;         // the first run in which it was red, of those in a row up to `run`
  std::size_t runs = 0;  // how many these are
  std::vector<std::string> cases = {};  // of a batch: those that are red
};

class LastSeen {
 public:
  // The runs, oldest first. A test that was skipped was not seen.
  void add(const PastRun& run);
  // Tests of ctest only, by their names.
  std::vector<RedTest> red() const;

 private:
  std::map<TestId, RedTest> seen_;
};

std::string failed_text(const std::vector<RedTest>& red);
std::string failed_json(const std::vector<RedTest>& red);

// Which tests are flaky, how often, since when and with which words.

struct FlakyTest {
  TestId test;
  std::size_t runs = 0;     // in which it was seen
  std::size_t flaky = 0;    // runs in which it passed after a failed attempt
  std::size_t red = 0;      // runs in which it failed
  std::size_t changes = 0;  // how often it was red in one run and green in the next, or the reverse
  // At most, of the runs of one program with one set of inputs.
  std::size_t changes_on_one_program = 0;
  std::optional<RunHead> first = {};  // the first and the last run in which it was flaky
  std::optional<RunHead> last = {};
  std::map<std::string, std::size_t> signatures = {};  // of failed attempts

  double rate() const { return static_cast<double>(flaky) / static_cast<double>(runs); }
};

class Flakiness {
 public:
  // The runs, oldest first. A test that was skipped was not seen.
  void add(const PastRun& run);

  std::size_t runs() const { return runs_; }
  double since() const { return since_; }
  // Those that have ever been flaky, those with the highest rate first.
  std::vector<FlakyTest> flaky() const;
  // Those that never were, but were red, green and red, or green, red and green, while their
  // program and inputs stayed the same.
  std::vector<FlakyTest> alternating() const;
  // The others that never were, but changed between red and green three times or more. They may
  // have been broken and mended so often.
  std::vector<FlakyTest> unsteady() const;

 private:
  struct OfProgram {
    bool was_red = false;
    std::size_t changes = 0;
  };
  struct Seen {
    FlakyTest facts;
    bool was_red = false;
    std::map<std::string, OfProgram> programs = {};
  };
  // The tests that are wanted, those with the largest `measure` first.
  template <typename Wanted, typename Measure>
  std::vector<FlakyTest> sorted_by(Wanted is_wanted, Measure measure) const;
  std::map<TestId, Seen> seen_;
  std::size_t runs_ = 0;
  double since_ = 0;  // when the oldest run began
};

std::string flaky_text(const Flakiness& flakiness);
std::string flaky_json(const Flakiness& flakiness);

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
