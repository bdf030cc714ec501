// How a ctest is told to run the tests of an earlier run again. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "ctest/test_graph.hpp"

namespace holdfast {

// The arguments of an earlier ctest, without the program.
struct RerunWords {
  // What says how tests run. What selects tests is left out, and so is --schedule-random. Options
  // that keep fixtures out stay: otherwise ctest would bring these fixtures along. So does -E
  // without -R: to ctest, there are no such tests then (CMake 3.25 to 4.3), and it gives the others
  // other numbers. Beside a preset all expressions for names and labels stay: they replace the
  // preset's.
  std::vector<std::string> kept;
  std::vector<std::string> for_listing;  // those of `kept` that say which tests there are
  // What selects tests, and those of `kept` that say which fixtures ctest brings along.
  std::vector<std::string> selecting;
  bool selects = false;        // `selecting` does not only say something of fixtures
  std::string numbers;         // the last value of -I; empty: it is not there
  bool reruns_failed = false;  // --rerun-failed
  FixtureFilter without;       // the last expressions of -FA, -FS and -FC
  std::string directory;       // of --test-dir; empty: it is not there
  std::string configuration;   // of -C; empty: it is not there
  bool is_random = false;      // --schedule-random
  std::string no_tests;        // of --no-tests; empty: it is not there
  bool has_preset = false;     // ctest looks for presets in the source directory
};

// `command` begins with ctest's own name. The error is a clause that another one may follow: such a
// ctest does more than run tests, or its command line was not recorded.
Result<RerunWords> rerun_words(const std::vector<std::string>& command);

// A test that is to run again. Without a key (values/attach.hpp) it may be any of its
// name.
struct RanTest {
  std::string name;
  std::string key = {};

  friend auto operator<=>(const RanTest&, const RanTest&) = default;
};

// The tests of a list by their names and keys, which must outlive it.
class TestPlaces {
 public:
  // The next test of the list. Without a key, the list does not say which one of its name it is.
  void add(std::string_view name, std::string_view key);
  // Ascending.
  const std::vector<std::size_t>& named(std::string_view name) const;
  // The tests that it may be now.
  std::vector<std::size_t> meant_by(const RanTest& test) const;

 private:
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_name_;
  std::vector<std::string_view> keys_;  // by place
};

struct RerunSelection {
  std::vector<std::size_t> places;  // in the list, ascending
  std::vector<std::string> gone;    // tests that do not exist any more
};

// `listed` are the tests that there are now, in ctest's order.
RerunSelection select_again(const std::vector<RanTest>& ran, const TestPlaces& listed);

// The value of -I for these numbers, of which there is at least one.
std::string value_of_numbers(const std::vector<std::size_t>& numbers);

// Commands for ctest-integration/test_order.cmake: the first test gets the highest cost. ctest has
// one cost for all tests of a name.
std::string costs_for_order(const std::vector<std::string>& names);

// Whether a variable of ctest's environment decides what its tests do or in which order, so that
// the run's record keeps it: a seed, or a setting of ctest or of a test framework.
bool shapes_run(std::string_view variable);

}  // namespace holdfast
