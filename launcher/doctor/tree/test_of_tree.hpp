// A test of the build tree, as ctest lists it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/settings/facts.hpp"
#include "core/settings/policy.hpp"

namespace holdfast::doctor {

struct TreeTest {
  std::string name;
  TestFacts facts;
  Values said;                          // what its properties say
  std::vector<std::string> command;     // without the launcher; empty: ctest finds no program
  std::string directory = {};           // in which it runs
  std::vector<std::string> files = {};  // of REQUIRED_FILES, absolute
  std::string missing = {};             // the program that ctest does not find, if it is known
  bool needs_others = false;            // by DEPENDS or a fixture: they may make what it needs
  bool is_disabled = false;             // it never runs, and needs nothing
};

// The path of a file that the test names. A relative one begins where the test runs.
inline std::string path_in(const TreeTest& test, const std::string& file) {
  return file.starts_with('/') || test.directory.empty() ? file : test.directory + "/" + file;
}

}  // namespace holdfast::doctor
