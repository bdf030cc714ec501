// What was red when it was last seen, in any run: `holdfast failed`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
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

}  // namespace holdfast
