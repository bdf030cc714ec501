#include "values/framework.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace holdfast {
namespace {

using Words = std::vector<const char*>;

Words ended(Words words) {
  words.push_back(nullptr);
  return words;
}

bool may(const Words& command, const Words& environment = {}) {
  return may_select_nothing(ended(command).data(), ended(environment).data());
}

TEST(TestFramework, GoogletestIsKnownByItsArguments) {
  for (const Words& command :
       {Words{"t", "--gtest_filter=A.b"}, Words{"t", "x", "--gtest_color=no"},
        Words{"sh", "run.sh", "--gtest_also_run_disabled_tests"}}) {
    EXPECT_TRUE(has_googletest_argument(ended(command).data()));
  }
  // With a single dash GoogleTest prints its help.
  for (const Words& command : {Words{"t"}, Words{"t", "-gtest_filter=x"}, Words{"t", "--gtest"},
                               Words{"t", "gtest_filter=x"}, Words{"--gtest_filter=x"}, Words{}}) {
    EXPECT_FALSE(has_googletest_argument(ended(command).data()));
  }
}

TEST(TestFramework, AReportIsAskedForWhereTheUserHasNone) {
  const auto asked = [](const Words& command, const Words& environment = {}) {
    return may_be_asked_for_report(ended(command).data(), ended(environment).data());
  };
  EXPECT_TRUE(asked({"t", "--gtest_filter=A.b"}));
  EXPECT_TRUE(asked({"t"}, {"GTEST_TOTAL_SHARDS=4"}));
  EXPECT_FALSE(asked({"t", "--gtest_output=xml:x"}));
  EXPECT_FALSE(asked({"t"}, {"GTEST_OUTPUT=json"}));
  EXPECT_FALSE(asked({"t"}, {"XML_OUTPUT_FILE=x"}));
  EXPECT_FALSE(asked({"t", "--gtest_list_tests"}));
  EXPECT_FALSE(asked({"t", "--gtest_help"}));
}

TEST(TestFramework, NothingToRunIsLookedForWhereAFilterIs) {
  EXPECT_TRUE(may({"t", "--gtest_filter=A.b"}));
  EXPECT_TRUE(may({"t"}, {"GTEST_FILTER=A.b"}));
  EXPECT_FALSE(may({"t"}));
  EXPECT_FALSE(may({"t", "--gtest_filters=A.b"}));
  EXPECT_FALSE(may({"t"}, {"GTEST_FILTERS=A.b", "GTEST_FILTER"}));
  EXPECT_FALSE(may({"t", "--gtest_filter=A.b"}, {"GTEST_TOTAL_SHARDS=4"}));
  EXPECT_FALSE(may({"t", "--gtest_filter=A.b", "--gtest_total_shards=4"}));
}

TEST(TestFramework, VariablesPutOtherCodeIntoAProgram) {
  for (const char* const variable : {"LD_PRELOAD=/x.so", "LD_AUDIT=/x.so"}) {
    EXPECT_TRUE(preloads(ended({"A=b", variable}).data())) << variable;
  }
  EXPECT_FALSE(preloads(ended({"LD_LIBRARY_PATH=/x"}).data()));
}

TEST(TestFramework, AReportOfNoTestsIsToldFromAllOthers) {
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  EXPECT_TRUE(reports_no_tests(head + "<testsuites tests=\"0\" failures=\"0\" name=\"AllTests\">"));
  for (const char* rest : {"", "<testsuites tests=\"", "<testsuites tests=\"10\"",
                           "<testsuites tests=\"07\"", "<testsuite tests=\"0\""}) {
    EXPECT_FALSE(reports_no_tests(head + rest)) << rest;
  }
  EXPECT_FALSE(reports_no_tests("<testsuites tests=\"0\""));
  EXPECT_TRUE(is_googletest_report(head + "<testsuites tests=\"3\""));
  EXPECT_FALSE(is_googletest_report(""));
  EXPECT_FALSE(is_googletest_report("0"));
}

TEST(TestFramework, PytestIsKnownByItsCommand) {
  for (const Words& command :
       {Words{"pytest"}, Words{"/usr/bin/py.test", "x"}, Words{"pytest-3"}, Words{"py.test-3"},
        Words{"python3", "-m", "pytest"}, Words{"/usr/bin/python3.11", "-B", "-m", "pytest", "x"},
        Words{"python", "-W", "error", "-X", "dev", "-m", "pytest"},
        Words{"python3", "-u", "/venv/bin/pytest", "-q"}, Words{"python3", "--", "pytest"}}) {
    EXPECT_TRUE(is_pytest(ended(command).data())) << command[0];
  }
  for (const Words& command :
       {Words{}, Words{"python3"}, Words{"python3", "-m"}, Words{"python3", "-m", "unittest"},
        Words{"python3", "x.py", "-m", "pytest"}, Words{"python3", "-c", "pytest"},
        Words{"sh", "pytest"}, Words{"pytest.sh"}, Words{"pythonic", "-m", "pytest"},
        Words{"python3", "-W"}, Words{"python3", "-", "pytest"}}) {
    EXPECT_FALSE(is_pytest(ended(command).data()));
  }
}

}  // namespace
}  // namespace holdfast
