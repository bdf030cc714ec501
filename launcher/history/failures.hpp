// What was red when it was last seen, in any run: `holdfast failed`. Which tests are flaky, how
// often, since when and with which words: `holdfast flaky`.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "history/past_run.hpp"

namespace holdfast {

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

struct FlakyTest {
  TestId test;
  std::size_t runs = 0;     // in which it was seen
  std::size_t flaky = 0;    // runs in which it passed after a failed attempt
  std::size_t red = 0;      // runs in which it failed
  std::size_t changes = 0;  // how often it was red in one run and green in the next, or the reverse
  std::size_t changes_on_one_program =
      0;                              // at most, of the runs of one program with one set of inputs
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

}  // namespace holdfast
