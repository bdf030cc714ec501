// What a build tree's ctest knows of a test. Pure.
#pragma once

#include <string>
#include <vector>

#include "ctest/test_graph.hpp"
#include "values/test_properties.hpp"
#include "values/value.hpp"

namespace holdfast {

// `schedule.depends` also has the tests after which ctest starts this one for the sake of fixtures.
struct ListedTest : SelectableTest {
  TestFacts facts = {};
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
