#include "report/said/ran_nothing.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace holdfast {
namespace {

constexpr const char* k_nothing =
    "Note: Google Test filter = No.Such\n[==========] Running 0 tests from 0 test suites.\n"
    "[==========] 0 tests from 0 test suites ran. (0 ms total)\n[  PASSED  ] 0 tests.\n";

// What tests have printed, by name.
class Printing final : public Outputs {
 public:
  Printed of(const TestReport& test) override { return {texts[test.name], {}}; }
  std::string of(const Case& /*one*/) override { return {}; }
  std::string of(const Attempt& /*earlier*/) override { return {}; }
  std::string of(const ServiceOutput& /*part*/) override { return {}; }

  std::map<std::string, std::string> texts;
};

TEST(RanNothing, OnlyTheClosingLinesOfAnEmptyRunSaySo) {
  EXPECT_TRUE(says_ran_nothing(k_nothing));
  EXPECT_TRUE(says_ran_nothing(
      "[==========] 0 tests from 0 test cases ran. (0 ms total)\n[  PASSED  ] 0 tests.\n"));
  EXPECT_FALSE(says_ran_nothing(""));
  EXPECT_FALSE(
      says_ran_nothing("[==========] 10 tests from 0 test suites ran.\n[  PASSED  ] 10 tests."));
  // The program was cut off.
  EXPECT_FALSE(says_ran_nothing("[==========] 0 tests from 0 test suites ran. (0 ms total)\n"));
}

TEST(RanNothing, PassedTestsAreNamedOnce) {
  RunReport report;
  Printing outputs;
  const auto add = [&](const std::string& name, Outcome outcome, std::string text) {
    TestReport& test = report.tests.emplace_back();
    test.name = name;
    test.outcome = outcome;
    test.attempts.emplace_back();
    test.output_place = {"log", 0, text.size()};
    outputs.texts[name] = std::move(text);
  };
  add("empty", Outcome::passed, k_nothing);
  add("empty", Outcome::passed, k_nothing);
  add("red", Outcome::failed, k_nothing);
  add("full", Outcome::passed, std::string(200, 'x'));
  add("long", Outcome::passed, k_nothing + std::string(10'000, 'x'));
  EXPECT_EQ(tests_that_say_they_ran_nothing(report, outputs), std::vector<std::string>{"empty"});
}

TEST(RanNothing, TheLineNamesTheTestsAndTheSetting) {
  RunReport report;
  EXPECT_EQ(ran_nothing_text(report), "");
  report.run.ran_nothing = {"a", "b"};
  EXPECT_EQ(ran_nothing_text(report),
            "2 tests had nothing to run, as printed (a, b): no-tests = \"fail\" in holdfast.toml "
            "makes such a test fail");
}

}  // namespace
}  // namespace holdfast
