#include "ctest/cmake_expression.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast {
namespace {

bool matches(const std::vector<std::string>& names, std::string_view text) {
  const auto expression = CMakeExpression::compile(expression_for_names(names));
  return expression && expression->is_found_in(text);
}

TEST(NameExpression, MatchesTheNamesAndNoOthers) {
  const std::vector<std::string> names{"a.b", "c[1]*(x|y)+?^$\\", "d\xC3\xA4"};
  for (const std::string& name : names) {
    EXPECT_TRUE(matches(names, name)) << name;
    EXPECT_FALSE(matches(names, name + "x")) << name;
    EXPECT_FALSE(matches(names, "x" + name)) << name;
  }
  EXPECT_FALSE(matches(names, "axb"));
  EXPECT_FALSE(matches({}, "a"));
  EXPECT_EQ(expression_for_names({"a.b", "c"}), R"(^(a\.b|c)$)");
}

TEST(NameExpression, BytesThatAreNoUtf8AreOnesThatRecordsReplace) {
  EXPECT_TRUE(matches({"a\xEF\xBF\xBD\xEF\xBF\xBDz"}, "a\xFF\xFEz"));
  EXPECT_FALSE(matches({"a\xEF\xBF\xBDz"}, "abz"));
}

TEST(NameExpression, CtestTakesNoMoreThanItsCompilerDoes) {
  // As found with CMake 3.25.
  EXPECT_FALSE(is_too_large_for_ctest(expression_for_names({1100, std::string(50, 't')})));
  EXPECT_TRUE(is_too_large_for_ctest(expression_for_names({1150, std::string(50, 't')})));
  EXPECT_TRUE(is_too_large_for_ctest(expression_for_names({2980, "tttttttttt."})));
  EXPECT_FALSE(is_too_large_for_ctest(expression_for_names({2300, "tttttttttt."})));
}

}  // namespace
}  // namespace holdfast
