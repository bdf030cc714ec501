// How a ctest is told to run the tests of an earlier run again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast {

// The arguments of an earlier ctest, without the program.
struct RerunWords {
  // What says how tests run. What selects tests is left out, and so is --schedule-random. Options
  // that keep fixtures out stay: otherwise ctest would bring these fixtures along.
  std::vector<std::string> kept;
  std::vector<std::string> for_listing;  // those of `kept` that say which tests there are
  bool is_random = false;                // --schedule-random
  bool has_preset = false;               // ctest looks for presets in the source directory
};

// `command` begins with ctest's own name. The error is a clause: such a ctest does more than run
// tests, or its command line was not recorded.
Result<RerunWords> rerun_words(const std::vector<std::string>& command);

// A test that is to run again. `index` is ctest's number of it then; 0: not known.
struct RanTest {
  std::string name;
  std::size_t index = 0;

  friend bool operator==(const RanTest&, const RanTest&) = default;
};

struct RerunSelection {
  std::vector<std::size_t> numbers;  // ctest's numbers now, ascending
  std::vector<std::string> gone;     // tests that do not exist any more
};

// `listed` are the names of the tests that there are now, in ctest's order. The name decides, since
// numbers change. Of several tests with one name, the one with the same number counts, and without
// such a one all of them do.
RerunSelection select_again(const std::vector<RanTest>& ran,
                            const std::vector<std::string>& listed);

// The value of -I for these numbers, of which there is at least one.
std::string value_of_numbers(const std::vector<std::size_t>& numbers);

// Commands for ctest-integration/rerun_order.cmake: the first test gets the highest cost.
std::string costs_for_order(const std::vector<std::string>& names);

// Whether a variable of ctest's environment decides what its tests do or in which order, so that
// the run's record keeps it: a seed, or a setting of ctest or of a test framework.
bool shapes_run(std::string_view variable);

}  // namespace holdfast
