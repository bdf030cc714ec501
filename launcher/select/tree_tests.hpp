// The tests of a build tree from which some are chosen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ctest/list_tests.hpp"
#include "ctest/rerun.hpp"
#include "ctest/test_graph.hpp"
#include "select/ctest_call.hpp"

namespace holdfast::cli {

struct TreeTests {
  std::vector<ListedTest> listed;  // all tests
  // What a ctest with the user's options would run, in ctest's order.
  std::vector<SelectableTest> tests;
  // By test: the number by which -I selects it. 0: a fixture of a preset's tests that the preset
  // itself leaves out. ctest brings it along.
  std::vector<std::size_t> ranks;
};

// Which tests are to have their keys. By its name, a test is found in another directory, too.
enum class Keys : std::uint8_t {
  of_namesakes,  // all, if several tests of the list have one name
  of_all,
};

// Lists the tests that `call`, with these words of ctest, would run.
Result<TreeTests> list_tree_tests(const CtestCall& call, const RerunWords& words, Keys keys);

// The ranks of these tests. ctest itself brings a test without a rank along.
std::vector<std::size_t> ranks_of(const TreeTests& all, const std::vector<std::size_t>& places);

// The option of ctest that says whether it fails if it finds none of these tests. If all are
// disabled, ctest says that it found none, and does not fail. Otherwise the list of tests has
// changed since, and it fails.
std::string no_tests_word(const TreeTests& all, const std::vector<std::size_t>& places);

// `tests` must outlive it.
TestPlaces places_of(const std::vector<SelectableTest>& tests);

}  // namespace holdfast::cli
