#include "ctest/shown_tests.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {
namespace {

using Numbers = std::vector<std::size_t>;

std::optional<Numbers> numbers_in(std::string_view text,
                                  const std::map<std::size_t, std::string>& names) {
  return numbers_shown(text, [&](std::size_t number, std::size_t) {
    const auto name = names.find(number);
    return name == names.end() ? nullptr : &name->second;
  });
}

TEST(ShownTests, HaveNumbers) {
  EXPECT_EQ(numbers_in("Test project /b\n  Test   #2: a\n  Test  #10: b c (Disabled)\n"
                       "  Test #100: d\n\nTotal Tests: 3\n",
                       {{2, "a"}, {3, "x"}, {10, "b c"}, {100, "d"}}),
            (Numbers{2, 10, 100}));
  EXPECT_EQ(numbers_in("Test project /b\n\nTotal Tests: 0\n", {}), Numbers{});
}

TEST(ShownTests, MayHaveAnyName) {
  const std::map<std::size_t, std::string> names{{1, "two\nlines"},
                                                 {2, "  Test #3: c"},
                                                 {3, "x\n  Test #4: d\n\nTotal Tests: 3\n"},
                                                 {4, "d"},
                                                 {5, "\xEF\xBF\xBD\xEF\xBF\xBDo\xEF\xBF\xBD"}};
  EXPECT_EQ(
      numbers_in("Test project /b\n  Test #1: two\nlines\n  Test #2:   Test #3: c\n"
                 "  Test #3: x\n  Test #4: d\n\nTotal Tests: 3\n\n  Test #5: \xC3\xA9\xFFo\xFE\n"
                 "\nTotal Tests: 4\n",
                 names),
      (Numbers{1, 2, 3, 5}));
}

TEST(ShownTests, WhatOthersPrintIsNoTest) {
  EXPECT_EQ(numbers_in("  Test x\n  Test #: a\n  Test #7: a\n  Test #1\nTest project /b\n1: Test "
                       "command: x\n  Test #1: a\n"
                       "Labels: l\n  Test #1: a\n  Test #2: b\n\nTotal Tests: 2\n",
                       {{1, "a"}, {2, "b"}}),
            (Numbers{1, 2}));
}

TEST(ShownTests, ATextThatIsCutOffOrAnothersIsNone) {
  EXPECT_FALSE(numbers_in("", {}));
  EXPECT_FALSE(numbers_in("  Test #1: a\n", {{1, "a"}}));
  EXPECT_FALSE(numbers_in("  Test #1: b\n\nTotal Tests: 1\n", {{1, "a"}}));
  EXPECT_FALSE(numbers_in("  Test #1: a", {{1, "ab"}}));
  EXPECT_FALSE(numbers_in("  Test #1: a\n\nTotal Tests: 1\n", {{1, "\xEF\xBF\xBD"}}));
  EXPECT_FALSE(numbers_in("  Test #1: a\n\nTotal Tests: 2\n", {{1, "a"}}));
}

TEST(ShownTests, ANameMayBeKnownByHowManyComeBefore) {
  const std::vector<std::string> names{"a", "b"};
  EXPECT_EQ(numbers_shown("  Test #9: x\n  Test #3: a\n  Test #7: b\n\nTotal Tests: 2\n",
                          [&](std::size_t, std::size_t before) {
                            return before < names.size() ? &names[before] : nullptr;
                          }),
            (Numbers{3, 7}));
}

TEST(ShownTests, AreOfADirectory) {
  EXPECT_EQ(directory_shown("noise\nTest project /a b/c\n  Test #1: x\n"), "/a b/c");
  EXPECT_EQ(directory_shown("Test project /b"), "/b");
  EXPECT_EQ(directory_shown("no project\n"), "");
}

}  // namespace
}  // namespace holdfast
