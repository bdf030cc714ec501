// ctest's options that keep fixtures out: -FA, -FS and -FC.
#pragma once

#include <string>
#include <vector>

#include "core/select/test_graph.hpp"

namespace holdfast {

// Expressions for names of fixtures, in CMake's dialect. An empty one, or one that ctest does not
// compile, matches none.
struct FixtureFilter {
  std::string any = {};      // whose tests are not brought along
  std::string setup = {};    // whose setups are not
  std::string cleanup = {};  // whose cleanups are not
};

// Removes from the tests what would bring others along against the filter.
void apply(const FixtureFilter& filter, std::vector<SelectableTest>& tests);

}  // namespace holdfast
