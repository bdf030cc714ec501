// The tests that were chosen for a run (`holdfast ctest`, `holdfast rerun`).
//
// ctest gets their numbers when it starts. It reads its tests later, after it has waited for the
// tree, and a project may have other tests by then. So what ctest runs is compared with the choice,
// by names. Several tests of one name are not told apart.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "report/model.hpp"

namespace holdfast {

class ChosenTests {
 public:
  // Nothing was chosen, and any test may run.
  ChosenTests() = default;
  // `records`: lines of a journal (PlannedRecord).
  explicit ChosenTests(std::string_view records);

  // Why this test must not run; empty: it may.
  std::string refusal_of(std::string_view test) const;

  // How many shards the tests were divided into; 0: they were not.
  std::size_t shards() const { return shards_; }

  // How what ran differs from the choice, in one line; empty: it does not, as far as the report
  // knows.
  std::string difference_to(const RunReport& report) const;

 private:
  std::vector<std::string> names_;  // as they are, several of one name included
  std::size_t shards_ = 0;
  std::unordered_map<std::string, std::size_t> times_;  // how many have the name (comparable())
};

}  // namespace holdfast
