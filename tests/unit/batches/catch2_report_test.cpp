#include "batches/program_words.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::string in_words(const std::vector<ReportedCase>& cases) {
  std::string text;
  for (const ReportedCase& one : cases) {
    text += one.end == CaseEnd::passed ? "+" : one.end == CaseEnd::failed ? "-" : "o";
    text += "(" + one.name + ")";
  }
  return text;
}

TEST(Catch2ReportTest, each_end_of_a_case_is_a_line) {
  EXPECT_EQ(in_words(read_catch2_cases(":test-result: PASS a b\n:test-result: FAIL c\n"
                                       ":test-result: XFAIL d\n:test-result: SKIP e \n")),
            "+(a b)-(c)+(d)o(e )");
  EXPECT_EQ(in_words(read_catch2_cases("")), "");
}

TEST(Catch2ReportTest, a_name_may_be_of_more_lines) {
  EXPECT_EQ(in_words(read_catch2_cases(":test-result: PASS two\nlines\n:test-result: FAIL x\n")),
            "+(two\nlines)-(x)");
  EXPECT_EQ(in_words(read_catch2_cases("lines of nobody\n:test-result: FAIL x\n")), "-(x)");
  EXPECT_EQ(in_words(read_catch2_cases(":test-result: PASS a\n:test-result: OTHER b\n")),
            "+(a\n:test-result: OTHER b)");
}

TEST(Catch2ReportTest, a_line_without_its_end_is_no_result) {
  EXPECT_EQ(in_words(read_catch2_cases(":test-result: PASS a\n:test-result: PASS b")), "+(a)");
}

struct Totals {
  const char* text;
  bool are_there;
  bool ran_nothing;
  bool has_failed;
};

void expect_totals(Catch2Source source, const Totals& row) {
  const Catch2Totals totals = read_catch2_totals(row.text, source);
  EXPECT_EQ(totals.are_there, row.are_there) << row.text;
  EXPECT_EQ(totals.ran_nothing, row.ran_nothing) << row.text;
  EXPECT_EQ(totals.has_failed, row.has_failed) << row.text;
}

TEST(Catch2ReportTest, totals_end_a_run) {
  for (const Totals& row :
       {Totals{"====\nAll tests passed (1 assertion in 1 test case)\n\n", true, false, false},
        Totals{"\x1b[1;32mAll tests passed\x1b[0m (1 assertion in 1 test case)", true, false,
               false},
        Totals{"test cases: 2 | 1 passed | 1 failed\nassertions: 2 | 2 failed\n", true, false,
               true},
        Totals{"test cases: 1 | 1 failed as expected\n", true, false, false},
        Totals{"test cases: 1 | 1 skipped\r\n", true, false, false},
        Totals{"No test cases matched 'x'\n===\nNo tests ran\n", true, true, false},
        Totals{"Passed 1 test case with 1 assertion.\n", false, false, false},
        Totals{"said: All tests passed (1\n", false, false, false},
        Totals{"", false, false, false}}) {
    expect_totals(Catch2Source::console, row);
  }
}

TEST(Catch2ReportTest, the_compact_reporter_has_more_words_for_totals) {
  for (const Totals& row :
       {Totals{"RNG seed: 7\nAll tests passed (1 assertion in 1 test case)\n", true, false, false},
        Totals{"Passed 1 test case with 1 assertion.\n", true, false, false},
        Totals{"a.cpp:3: failed: 1 == 2\nFailed 1 test case, failed 1 assertion.\n", true, false,
               true},
        Totals{"No tests ran.\n", true, true, false},
        Totals{"a.cpp:3: failed: 1 == 2\n", false, false, false}}) {
    expect_totals(Catch2Source::compact, row);
  }
}

TEST(Catch2ReportTest, a_fatal_signal_is_told_before_totals) {
  const Catch2Totals totals = read_catch2_totals(
      "a.cpp:3: failed: fatal error condition with message: 'SIGSEGV'\n", Catch2Source::compact);
  EXPECT_TRUE(totals.has_crashed);
  EXPECT_FALSE(totals.are_there);
}

TEST(Catch2ReportTest, a_long_line_may_stand_before_totals) {
  const std::string text =
      std::string(1'000'000, 'x') + "\nAll tests passed (1 assertion in 1 test case)\n";
  EXPECT_TRUE(read_catch2_totals(text, Catch2Source::console).are_there);
}

}  // namespace
}  // namespace holdfast
