#include "core/end_verdict.hpp"

#include <gtest/gtest.h>

#include "core/ctest_verdict.hpp"

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

}  // namespace
}  // namespace holdfast
