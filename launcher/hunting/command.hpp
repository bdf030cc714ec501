// What the commands `holdfast stress` and `holdfast culprit` have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ctest/list_tests.hpp"
#include "hunting/lane.hpp"

namespace holdfast::cli {

// The exit code if what was hunted was found.
inline constexpr int k_found = 1;

// A build tree and its tests.
struct HuntedTree {
  std::string tree;
  std::string configuration;
  std::string ctest;
  std::vector<ListedTest> tests;

  // Fails if there is no such test.
  Result<Quarry> quarry(const std::string& name) const;
};
Result<HuntedTree> hunted_tree(const std::string& tree, const std::string& configuration);

}  // namespace holdfast::cli
