// The longest chain of a run: tests that had to run one after the other, because of DEPENDS,
// fixtures, RUN_SERIAL or locks. More slots make no run shorter than its longest chain.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "report/model.hpp"

namespace holdfast {

struct Chain {
  double seconds = 0;              // for which its tests ran, without waits
  std::vector<std::string> tests;  // in the order in which they ran; two in a row differ

  friend bool operator==(const Chain&, const Chain&) = default;
};

// The order of tests that share a lock, or run alone, is the one that they had in this run. An
// attempt whose end is not on record is in no chain. Takes n log n time.
Chain longest_chain(std::span<const TestReport> tests);

}  // namespace holdfast
