// An earlier run: where it was, which tests it has begun, and on which it has ctest's verdict.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ctest/rerun.hpp"
#include "journal/records.hpp"
#include "journal/run_directory.hpp"
#include "select/ctest_call.hpp"

namespace holdfast::cli {

// The program and the directory of a ctest that does as the run did, without words. `tree` may be a
// copy of the one in which the run was. The error is a clause.
Result<CtestCall> call_of(const RunEntry& run, const RunStarted& started, const std::string& tree,
                          bool has_preset);

// Whether the run's ctest had the list of tests that the user's ctest has, of which it may have run
// some. Then its numbers of tests are the user's, unless the project has changed.
bool had_list_of(const UserCall& user, const RunStarted& started);

// Sees the records of a journal, in their order. A test has no key if the run has no word: keys of
// older versions are of no use.
class BegunTests {
 public:
  void see(const Record& record);

  // Those with ctest's verdict, in the order of the verdicts.
  const std::vector<RanTest>& judged() const { return judged_; }

  struct Other {
    RanTest test;
    bool is_known;  // how its last attempt ended, and what ctest says of that
  };
  // The others, in the order in which they began.
  std::vector<Other> others() const;

  // The names of all that have begun, in their order.
  std::vector<std::string> order() const;

 private:
  bool& last_of(const RanTest& test);

  bool has_word_ = false;
  std::vector<RanTest> begun_;
  std::map<RanTest, bool> is_known_;
  std::vector<RanTest> judged_;
  std::set<RanTest> with_verdict_;  // an older record has no key
};

}  // namespace holdfast::cli
