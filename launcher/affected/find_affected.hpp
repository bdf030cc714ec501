// Finds the tests that the changes since a commit affect.
#pragma once

#include <string>
#include <vector>

#include "affected/affected_tests.hpp"
#include "base/result.hpp"
#include "ctest/list_tests.hpp"

namespace holdfast::cli {

struct AffectedOrder {
  std::string tree;           // the build tree
  std::string since;          // a commit, as git names it
  std::string configuration;  // empty: the tree has one
};

struct FoundAffected {
  std::string commit;                     // the object name of `since`
  Affected affected = {};                 // the tests, with ctest's numbers from 1
  std::size_t all = 0;                    // how many tests ctest lists
  std::vector<std::string> changes = {};  // paths from the project's directory; Affected::known
  std::vector<std::string> targets = {};  // what Ninja makes for these tests, each once, sorted
  std::vector<std::string> notes = {};  // sentences for people: why all tests, or more than needed
};

// `tests` are all that ctest lists of the tree, in that configuration. The error is a sentence.
Result<FoundAffected> find_affected(const AffectedOrder& order, std::vector<ListedTest> tests);

}  // namespace holdfast::cli
