// What the ctest of a build tree lists, as JSON (`--show-only=json-v1`). No test is run, but
// projects may have programs run to discover their tests.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/settings/facts.hpp"

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

struct Listing {
  std::string text;  // what ctest prints
  std::string said;  // the beginning of what it prints on stderr
};

// The error is a clause.
Result<Listing> ask_for_tests(const ListingOrder& order);
// Returns only the text.
Result<std::string> list_tests(const ListingOrder& order);

// The part of ctest's output that is JSON: PRE_TEST commands may print before it.
std::string json_of(const std::string& listing);

// The names of the listed tests, in ctest's order. The error is a clause.
Result<std::vector<std::string>> names_of(const std::string& listing);

// What a build tree's ctest knows of a test.
struct ListedTest {
  TestFacts facts;
  Values said;  // what the test's properties say
  // The test's own command, without the launcher. Empty: ctest has none for this configuration.
  std::vector<std::string> command = {};
  std::string directory = {};                   // in which it runs
  std::vector<std::string> environment = {};    // ENVIRONMENT
  std::vector<std::string> modifications = {};  // ENVIRONMENT_MODIFICATION, without our own
  std::vector<std::string> fixtures = {};       // FIXTURES_REQUIRED
  std::vector<std::string> setups = {};         // FIXTURES_SETUP
  std::vector<std::string> cleanups = {};       // FIXTURES_CLEANUP
  // DEPENDS, with the tests after which ctest starts this one for the sake of fixtures.
  std::vector<std::string> depends = {};
  std::vector<std::string> required_files = {};  // REQUIRED_FILES
  bool is_disabled = false;
  // The program that ctest does not find. Empty: it is found, or ctest does not say.
  std::string missing = {};
  std::vector<std::string> missing_arguments = {};  // and the rest of its command
};

// What ctest's JSON says of `test`. What PRE_TEST commands print may come before the JSON. Nothing
// if there is no test of that name. If several tests have the name, the first counts. The error is
// a clause.
Result<std::optional<ListedTest>> read_listing(const std::string& listing, std::string_view test);

struct NamedTest {
  std::string name;
  ListedTest test;
};

// The first test of the listing for which `is_it` is true. The listing may be long, and is read
// once.
Result<std::optional<NamedTest>> find_listed(const std::string& listing,
                                             const std::function<bool(const NamedTest&)>& is_it);

// All tests of the listing, in ctest's order.
Result<std::vector<NamedTest>> all_listed(const std::string& listing);

// The tests whose FIXTURES_SETUP has one of `fixtures`. None if the JSON is not ctest's.
std::vector<std::string> tests_that_set_up(const std::string& listing,
                                           const std::vector<std::string>& fixtures);

// Lists the tests of `tree` as launchers see them, with `options` of ctest.
Result<std::string> list_for_launcher(const std::string& tree,
                                      const std::vector<std::string>& options = {});

// Lists the tests of `tree` with `ctest --show-only=json-v1` and returns what the launcher would be
// told of `test`. ctest may run programs to discover their tests, but runs no test.
Result<std::optional<ListedTest>> listed_test(const std::string& tree, std::string_view test);

}  // namespace holdfast::cli
