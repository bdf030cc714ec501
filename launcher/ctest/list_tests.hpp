// What the ctest of a build tree lists, as JSON (`--show-only=json-v1`): the tests as the launcher
// gets them, if the tree is attached. No test is run, but projects may have programs run to
// discover their tests.
#pragma once

#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "ctest/test_graph.hpp"
#include "values/test_properties.hpp"
#include "values/value.hpp"

// What a build tree's ctest knows of a test. Pure.

namespace holdfast {

// `schedule.depends` also has the tests after which ctest starts this one for the sake of fixtures.
struct ListedTest : SelectableTest {
  TestProperties properties = {};
  Values said = {};  // what the test's properties say
  // The test's own command, without the launcher. Empty: ctest has none for this configuration.
  std::vector<std::string> command = {};
  std::string directory = {};                    // in which it runs
  std::vector<std::string> environment = {};     // ENVIRONMENT
  std::vector<std::string> modifications = {};   // ENVIRONMENT_MODIFICATION, without our own
  std::vector<std::string> required_files = {};  // REQUIRED_FILES
  // The program that ctest does not find. Empty: it is found, or ctest does not say.
  std::string missing = {};
  std::vector<std::string> missing_arguments = {};  // and the rest of its command
};

}  // namespace holdfast

namespace holdfast::cli {

// What CMake's cache of the tree says of that variable; empty: nothing.
std::string cached_value(const std::string& tree, const std::string& name);

// The configurations of a tree that has several, sorted; such a tree has no test without one of
// them. Empty: the tree has one.
std::vector<std::string> configurations_of(const std::string& tree);

// The ctest of the CMake that configured the tree.
std::string ctest_of(const std::string& tree);

struct ListingOrder {
  std::string ctest;
  std::string directory;  // in which ctest starts
  std::vector<std::string> options = {};
  std::vector<std::string> variables = {};     // `NAME=VALUE`, before those that we have
  std::string format = "--show-only=json-v1";  // or `-N`, for people
  Milliseconds time = k_longest;               // after that, ctest is ended, and it is an error
};

// Asks the ctest of a build tree, for a configuration; empty: the tree has one.
ListingOrder listing_of(const std::string& tree, const std::string& configuration);

struct Listing {
  std::string text;  // what ctest prints
  std::string said;  // the beginning of what it prints on stderr
};

// The error is a clause.
Result<Listing> ask_for_tests(const ListingOrder& order);

// The tests in what ctest lists as JSON, in ctest's order; their numbers are their places. What
// PRE_TEST commands print may come before the JSON. The error is a clause.
Result<std::vector<ListedTest>> all_listed(const std::string& listing);

// Lists the tests of `tree`.
Result<std::vector<ListedTest>> tests_of_tree(const std::string& tree,
                                              const std::string& configuration = {});

inline ErrorInWords listing_not_understood() {
  return ErrorInWords{"ctest's list of tests was not understood"};
}

}  // namespace holdfast::cli
