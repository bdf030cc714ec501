// What the newest runs say of each test: whether it is red, and how long it took. A large history
// need not be read to its beginning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "ctest/rerun.hpp"
#include "history/history.hpp"
#include "history/past_run.hpp"
#include "values/test_order.hpp"

namespace holdfast {

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
  std::optional<NumberRange> open() const;

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
};

// The median of so many runs is taken.
inline constexpr std::size_t k_times_of_test = 5;

// `times`: how many are wanted of each test. About `most` results are read.
Result<RecentTests> recent_tests(History& history, const std::vector<NumberedTest>& tests,
                                 std::size_t times, std::size_t most);

// Commands for ctest-integration/test_order.cmake. Empty: nothing is known that makes an order.
Result<std::string> commands_for(TestOrder order, History& history);

}  // namespace holdfast
