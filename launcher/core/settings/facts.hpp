// What ctest and a project say about a test besides its settings: core/settings/facts.def. A fact
// that nobody gave is empty or false.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ctest/test_order.hpp"
#include "core/service/service_state.hpp"
#include "core/settings/value.hpp"

namespace holdfast {

struct TestFacts {
#define HOLDFAST_TEXT(field, variable) std::string field = {};
#define HOLDFAST_FLAG(field, variable) bool field = false;
#include "core/settings/facts.def"
};

// What a build tree's ctest knows of a test.
struct ListedTest {
  std::string name;      // other tests may have it too
  std::string key = {};  // core/select/test_place.hpp; empty: it is not known
  // `depends` also has the tests after which ctest starts this one for the sake of fixtures.
  TestSchedule schedule = {};
  TestFacts facts = {};
  Values said = {};  // what the test's properties say
  // The test's own command, without the launcher. Empty: ctest has none for this configuration.
  std::vector<std::string> command = {};
  std::string directory = {};                    // in which it runs
  std::vector<std::string> environment = {};     // ENVIRONMENT
  std::vector<std::string> modifications = {};   // ENVIRONMENT_MODIFICATION, without our own
  std::vector<std::string> required_files = {};  // REQUIRED_FILES
  bool is_disabled = false;
  // The program that ctest does not find. Empty: it is found, or ctest does not say.
  std::string missing = {};
  std::vector<std::string> missing_arguments = {};  // and the rest of its command
};

// Takes the value of HOLDFAST_P_<variable>, if that is a fact or a setting. False: it is neither.
bool learn(std::string_view variable, std::string_view value, TestFacts& facts, Values& said);

// Whether `labels`, in the form of TestFacts, has that label.
bool has_label(std::string_view labels, std::string_view label);

// PROCESSORS, 1 to k_most_slots_of_test.
inline constexpr std::size_t k_most_slots_of_test = 1'000'000;
std::int64_t processors_of(const TestFacts& facts);
TestFixtures fixtures_of(const TestFacts& facts);
TestSchedule schedule_of(const TestFacts& facts);

}  // namespace holdfast
