#include "report/quoted/reasons.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace holdfast {
namespace {

constexpr const char* k_nothing =
    "Note: Google Test filter = No.Such\n[==========] Running 0 tests from 0 test suites.\n"
    "[==========] 0 tests from 0 test suites ran. (0 ms total)\n[  PASSED  ] 0 tests.\n";

// What tests and cases have printed, by name. Counts what it was asked for.
class Printing final : public Outputs {
 public:
  Printed of(const TestReport& test) override {
    ++asked;
    return {texts[test.name], {}};
  }
  std::string of(const Case& one) override { return texts[one.name]; }
  std::string of(const Attempt& /*earlier*/) override { return {}; }
  std::string of(const ServiceOutput& /*part*/) override { return {}; }

  std::map<std::string, std::string> texts;
  int asked = 0;
};

TestReport& add(RunReport& report, const std::string& name, Outcome outcome) {
  TestReport& test = report.tests.emplace_back();
  test.name = name;
  test.key = name;
  test.outcome = outcome;
  test.attempts.emplace_back();
  return test;
}

std::vector<std::string> found_in(const RunReport& report, Outputs& outputs,
                                  const std::string& apart = {}) {
  return tests_with_address_in_use(report, outputs,
                                   [&](const TestReport& test) { return test.key == apart; });
}

TEST(AddressInUse, TheWordsOfManyLanguagesAreKnown) {
  for (const std::string output :
       {"x\nbind: Address already in use\ny", "Error: Address already in use (os error 98)",
        "OSError: [Errno 98] Address already in use", "Error: listen EADDRINUSE: :::8080",
        "listen tcp :8080: bind: address already in use", "error (os error 98)", "[errno 98]"}) {
    EXPECT_TRUE(says_address_in_use(output)) << output;
  }
  for (const std::string output :
       {"", "address in use", "errno 98", "[Errno 99] Cannot assign requested address",
        "Address already used"}) {
    EXPECT_FALSE(says_address_in_use(output)) << output;
  }
}

TEST(AddressInUse, FailedTestsAreNamedOnce) {
  RunReport report;
  Printing outputs;
  add(report, "a", Outcome::failed);
  add(report, "b", Outcome::crashed);
  add(report, "a", Outcome::failed);
  add(report, "other", Outcome::failed);
  outputs.texts = {{"a", "EADDRINUSE"}, {"b", "Address already in use"}, {"other", "no"}};
  EXPECT_EQ(found_in(report, outputs), (std::vector<std::string>{"a", "b"}));
}

TEST(AddressInUse, NothingIsReadOfTestsThatPassedOrHaveANetworkOfTheirOwn) {
  RunReport report;
  Printing outputs;
  add(report, "green", Outcome::passed);
  add(report, "skipped", Outcome::skipped);
  add(report, "apart", Outcome::failed);
  outputs.texts = {{"green", "EADDRINUSE"}, {"skipped", "EADDRINUSE"}, {"apart", "EADDRINUSE"}};
  EXPECT_EQ(found_in(report, outputs, "apart"), std::vector<std::string>());
  EXPECT_EQ(outputs.asked, 0);
}

TEST(AddressInUse, AFailedCaseCountsForItsBatch) {
  RunReport report;
  Printing outputs;
  TestReport& batch = add(report, "batch", Outcome::failed);
  batch.cases.resize(2);
  batch.cases[0].name = "Suite.passes";
  batch.cases[0].outcome = Outcome::passed;
  batch.cases[1].name = "Suite.fails";
  batch.cases[1].outcome = Outcome::failed;
  outputs.texts = {{"Suite.passes", "EADDRINUSE"}};
  EXPECT_EQ(found_in(report, outputs), std::vector<std::string>());
  outputs.texts = {{"Suite.fails", "EADDRINUSE"}};
  EXPECT_EQ(found_in(report, outputs), std::vector<std::string>{"batch"});
}

TEST(AddressInUse, TheTextNamesTheSettingAndFewTests) {
  RunReport report;
  EXPECT_EQ(address_in_use_text(report), "");
  report.run.address_in_use = {"a"};
  EXPECT_EQ(address_in_use_text(report),
            "1 test failed with \"address already in use\" (a): containment = \"netns\" in "
            "holdfast.toml gives each test a network of its own, so that they do not meet");
  report.run.address_in_use.assign(20, "b");
  EXPECT_NE(address_in_use_text(report).find("20 tests failed"), std::string::npos);
  EXPECT_LT(address_in_use_text(report).size(), 300U);
}

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
  const auto add_printing = [&](const std::string& name, Outcome outcome, std::string text) {
    add(report, name, outcome).output_place = {"log", 0, text.size()};
    outputs.texts[name] = std::move(text);
  };
  add_printing("empty", Outcome::passed, k_nothing);
  add_printing("empty", Outcome::passed, k_nothing);
  add_printing("red", Outcome::failed, k_nothing);
  add_printing("full", Outcome::passed, std::string(200, 'x'));
  add_printing("long", Outcome::passed, k_nothing + std::string(10'000, 'x'));
  EXPECT_EQ(tests_that_say_they_ran_nothing(report, outputs), std::vector<std::string>{"empty"});
}

TEST(RanNothing, TheLineNamesTheTestsAndTheSetting) {
  RunReport report;
  EXPECT_EQ(ran_nothing_text(report), "");
  report.run.ran_nothing = {"a", "b"};
  EXPECT_EQ(ran_nothing_text(report),
            "2 tests had nothing to run, as printed (a, b): no-tests = \"fail\" in holdfast.toml "
            "makes such a test fail, unless its record says that it was not asked");
}

TEST(AddressInUse, NothingIsReadOfATestWithoutAnAttempt) {
  RunReport report;
  Printing outputs;
  add(report, "bare", Outcome::failed).attempts.clear();
  outputs.texts = {{"bare", "EADDRINUSE"}};
  EXPECT_EQ(found_in(report, outputs), std::vector<std::string>());
}

TEST(RanNothing, ABatchWithCasesHadSomethingToRun) {
  RunReport report;
  Printing outputs;
  TestReport& test = add(report, "batch", Outcome::passed);
  test.output_place = OutputPlace{"log", 0, std::string(k_nothing).size()};
  outputs.texts = {{"batch", k_nothing}};
  EXPECT_EQ(tests_that_say_they_ran_nothing(report, outputs), std::vector<std::string>{"batch"});
  test.cases.resize(1);
  EXPECT_TRUE(tests_that_say_they_ran_nothing(report, outputs).empty());
}

TEST(AddressInUse, OfVeryManyFailedTestsTheFirstAreReadAndOfPassedOnesMore) {
  RunReport report;
  Printing outputs;
  for (int i = 0; i < 1001; ++i) add(report, "t" + std::to_string(i), Outcome::failed);
  outputs.texts = {{"t0", "EADDRINUSE"}, {"t999", "EADDRINUSE"}, {"t1000", "EADDRINUSE"}};
  EXPECT_EQ(found_in(report, outputs), (std::vector<std::string>{"t0", "t999"}));
  EXPECT_EQ(outputs.asked, 1000);
  for (TestReport& test : report.tests) {
    test.outcome = Outcome::passed;
    test.output_place = OutputPlace{"log", 0, std::string(k_nothing).size()};
  }
  outputs.texts = {{"t1000", k_nothing}};
  EXPECT_EQ(tests_that_say_they_ran_nothing(report, outputs), std::vector<std::string>{"t1000"});
}

}  // namespace
}  // namespace holdfast
