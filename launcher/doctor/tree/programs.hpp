// Whether the tests of the build tree have what they start and need.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ctest/list_tests.hpp"
#include "doctor/base/finding.hpp"
#include "doctor/tree/requested_resources.hpp"

namespace holdfast::doctor {

struct SeenTest {
  enum class Program : std::uint8_t { found, missing, refused };
  std::string name;
  bool needs_others = false;  // by DEPENDS or a fixture: they may make what it needs
  Program program = Program::found;
  std::string path = {};         // of its program; empty: ctest does not say which it wants
  std::string interpreter = {};  // that is missing
  std::vector<std::string> missing = {};  // files, or its directory
};

struct Programs {
  std::vector<SeenTest> tests = {};
  std::string build = {};  // the command that builds the tree
  // What the build tool calls the programs that are missing, by their paths.
  std::map<std::string, std::string> targets = {};
};

// Leaves out tests that are disabled.
std::vector<SeenTest> look_at_programs(const std::vector<ListedTest>& tests);
Findings check_programs(const Programs& programs);

}  // namespace holdfast::doctor
