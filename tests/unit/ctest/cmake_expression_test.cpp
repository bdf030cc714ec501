#include "ctest/cmake_expression.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/random_text.hpp"

namespace holdfast {
namespace {

std::string find(std::string_view expression, std::string_view text) {
  const Result<CMakeExpression> compiled = CMakeExpression::compile(expression);
  if (!compiled) return compiled.error().message;
  return compiled->is_found_in(text) ? "found" : "not found";
}

TEST(CMakeExpression, FindsWhatCTestFinds) {
  const struct {
    const char* expression;
    const char* text;
    const char* found;
  } rows[] = {
      {"", "", "found"},
      {"", "x", "found"},
      {"b", "abc", "found"},
      {"bd", "abc", "not found"},
      {"a.c", "a\nc", "found"},
      {"a.c", "ac", "not found"},
      // They match the ends of the whole text, not of a line. A test's output ends with a line
      // break.
      {"^b", "a\nb\n", "not found"},
      {"a$", "a\n", "not found"},
      {"a\n$", "a\n", "found"},
      {"a^b", "a^b", "not found"},
      {"(^|x)b", "axb", "found"},
      {"^?b", "ab", "found"},
      {"a(b|$)", "xa", "found"},
      // Repetitions.
      {"^ab*c$", "ac", "found"},
      {"^ab+c$", "ac", "not found"},
      {"^ab?c$", "abbc", "not found"},
      {"^(ab|a)(bc|c)$", "abc", "found"},
      {"^(a|ab)*c$", "aababc", "found"},
      {"^(ab)+$", "ababa", "not found"},
      {"^abc*$", "abccc", "found"},
      // Alternatives, an empty one too.
      {"^(a|)b$", "b", "found"},
      {"^a||b$", "zzz", "found"},
      {"x()y", "xy", "found"},
      // Braces, and characters with a meaning in other dialects, are plain.
      {"a{2}", "aa", "not found"},
      {"a{2}", "a{2}", "found"},
      {"\\d", "7", "not found"},
      {"\\d", "d", "found"},
      {"\\[  SKIPPED \\]", "[  SKIPPED ] A.b", "found"},
      {"]", "]", "found"},
      {"a}", "a}", "found"},
      // Within brackets a backslash is plain, and a closing bracket may come first.
      {"[\\]x", "\\x", "found"},
      {"[]]", "]", "found"},
      {"[^]]", "]", "not found"},
      {"[-a]", "-", "found"},
      {"[a-]", "-", "found"},
      {"[^-]", "-", "not found"},
      {"^[a-c]+$", "abc", "found"},
      {"^[a-c-e]+$", "abcde", "found"},
      {"[[:alpha:]]", "q", "not found"},
      {"[[:alpha:]]", "a]", "found"},
      {"[.*]", "x", "not found"},
      {"[^a]", "\n", "found"},
      {"[^a-z]Error", "xError", "not found"},
      {"\xc3\xa4+", "\xc3\xa4", "found"},
      {"[\x80-\xff]", "\xe2", "found"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(find(row.expression, row.text), row.found) << row.expression << " in " << row.text;
  }
}

TEST(CMakeExpression, RefusesWhatCTestCannotCompile) {
  const struct {
    const char* expression;
    const char* why;
  } rows[] = {
      {"(", "an unmatched `(`"},
      {"a)", "an unmatched `)`"},
      {"[a", "an unmatched `[`"},
      {"[]", "an unmatched `[`"},
      {"[b-a]", "a bad range within `[]`"},
      {"*a", "a repetition of nothing"},
      {"a|+", "a repetition of nothing"},
      {"a**", "a repetition of a repetition"},
      {"a?+", "a repetition of a repetition"},
      {"(a*)*", "a repetition of what may be empty"},
      {"(a|)+", "a repetition of what may be empty"},
      {"^*", "a repetition of what may be empty"},
      {"()*", "a repetition of what may be empty"},
      {"a\\", "a backslash at its end"},
      {"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", "more than nine pairs of parentheses"},
  };
  for (const auto& row : rows) EXPECT_EQ(find(row.expression, "a"), row.why) << row.expression;
}

TEST(CMakeExpression, TakesTimeInProportionToTheTextWhateverTheExpression) {
  // Each of these doubles the work of a backtracking matcher.
  const std::string text(200'000, 'a');
  for (const char* expression :
       {"(a|a)+b", "(a+)+b", "a?a?a?a?a?a?a?a?a?a?a?b", "[^x]*b", ".*.*b"}) {
    EXPECT_EQ(find(expression, text), "not found") << expression;
  }
  EXPECT_EQ(find("(a|aa)+$", text), "found");
}

TEST(CMakeExpression, AnyBytesAreAnExpressionOrRefused) {
  RandomText random(1);
  for (int i = 0; i < 3000; ++i) {
    const std::string expression = random.of("ab()[]|*+?^$.-\\{", 12);
    const std::string found = find(expression, random.of("ab-]^\\\n", 20));
    EXPECT_FALSE(found.empty());
  }
}

}  // namespace
}  // namespace holdfast
