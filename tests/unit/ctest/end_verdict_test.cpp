#include "values/outcome.hpp"

#include <gtest/gtest.h>

#include "ctest/ctest_verdict.hpp"

namespace holdfast {
namespace {

constexpr Exit k_zero{Exit::Kind::code, 0};
constexpr Exit k_four{Exit::Kind::code, 4};
constexpr Exit k_abort{Exit::Kind::signal, 6};

TEST(EndVerdict, IsTheOneOfTheMirrorWhereNoExpressionDecides) {
  for (const char* properties : {"", "will-fail", "code=77", "will-fail,code=77"}) {
    const auto read = parse_verdict_properties(properties);
    ASSERT_TRUE(read);
    for (const Exit& end : {k_zero, k_four, k_abort}) {
      EXPECT_EQ(verdict_by_end(properties, end), name_of(CTestVerdict(*read).of(end, "")))
          << properties << " " << end.value;
    }
  }
}

TEST(EndVerdict, NobodyKnowsWhatAnExpressionWouldSay) {
  for (const char* properties : {"pass=x", "will-fail,fail=x", "skip=x", "code=77,pass=x"}) {
    EXPECT_EQ(verdict_by_end(properties, k_zero), "") << properties;
    EXPECT_EQ(verdict_by_end(properties, k_abort), "failed") << properties;
  }
}

TEST(VerdictOnRecord, SaysWhatTheOutcomeDoesNotSayByItself) {
  struct Row {
    EndedTest test;
    std::string_view expected;
  };
  constexpr Exit k_skip{Exit::Kind::code, 77};
  const Row rows[] = {
      {{Outcome::passed, k_zero, {}, ""}, ""},
      {{Outcome::failed, k_four, {}, ""}, ""},
      {{Outcome::crashed, k_abort, {}, "output"}, ""},
      {{Outcome::skipped, k_skip, 77, ""}, ""},
      {{Outcome::skipped, k_skip, 77, "output"}, ""},  // the code counts before expressions
      {{Outcome::failed, k_four, {}, "will-fail"}, "passed"},
      {{Outcome::passed, k_zero, {}, "will-fail"}, "failed"},
      {{Outcome::passed, k_zero, {}, "output"}, "unknown"},
      {{Outcome::failed, k_four, {}, "output,will-fail"}, "unknown"},
      // If the test may be tried again, the expressions are known, and usually searched for.
      {{Outcome::passed, k_zero, {}, "output", "pass=x"}, "unknown"},
      {{Outcome::passed, k_zero, {}, "output", "pass=x", "failed"}, "failed"},
      {{Outcome::failed, k_four, {}, "will-fail", "will-fail"}, "passed"},
      // It was judged without the expressions.
      {{Outcome::passed, k_zero, {}, "output", "", "passed"}, "unknown"},
      {{Outcome::failed, k_four, {}, "will-fail", "", "failed"}, "passed"},
      {{Outcome::passed, k_zero, {}, "", "", "passed"}, "passed"},
      {{Outcome::no_tests, k_zero, {}, ""}, "passed"},
      {{Outcome::no_tests, k_skip, 77, ""}, "skipped"},
      {{Outcome::no_tests, k_abort, 77, ""}, "failed"},
      {{Outcome::interrupted, k_abort, {}, ""}, ""},
      {{Outcome::deliberate_exit, k_four, {}, "will-fail"}, "passed"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(verdict_on_record(row.test), row.expected) << "row " << (&row - rows);
  }
}

}  // namespace
}  // namespace holdfast
