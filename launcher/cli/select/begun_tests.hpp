// Which tests a run has begun, and on which it has ctest's verdict.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/ctest/rerun.hpp"
#include "core/journal/records.hpp"

namespace holdfast::cli {

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
  using Name = std::pair<std::string, std::string>;  // and key

  bool& last_of(const std::string& name, const std::string& key);

  bool has_word_ = false;
  std::vector<Name> begun_;
  std::map<Name, bool> is_known_;
  std::vector<RanTest> judged_;
  std::set<Name> with_verdict_;  // an older record has no key
};

}  // namespace holdfast::cli
