#include "base/text.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Printable, NothingThatATerminalObeysIsShown) {
  const struct {
    std::string_view text;
    std::string_view shown;
  } k_cases[] = {
      {"", ""},
      {"plain \"name\" \\x", "plain \"name\" \\x"},
      {"a\nb\tc\rd", "a\\nb\\tc\\x0dd"},
      {"\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"},
      {std::string_view("\0\x7f", 2), "\\x00\\x7f"},
      {"\xC2\x9B"
       "31m\xC2\x80",
       "\\u009b31m\\u0080"},
      {"\xC2\xA0\xC3\xA9\xE2\x82\xAC", "\xC2\xA0\xC3\xA9\xE2\x82\xAC"},
      {"a\u202eb\u202c\u200e\u200f\u061c", "a\\u202eb\\u202c\\u200e\\u200f\\u061c"},
      {"\u202a\u202b\u202d\u2066\u2067\u2068\u2069",
       "\\u202a\\u202b\\u202d\\u2066\\u2067\\u2068\\u2069"},
      {"\u200d\u2010\u2029\u202f\u2065\u206a\u05d0", "\u200d\u2010\u2029\u202f\u2065\u206a\u05d0"},
      {"\x9B\xff\xC3", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
  };
  for (const auto& one : k_cases) EXPECT_EQ(printable(one.text), one.shown);
}

TEST(Printable, WhatIsPrintableStaysAsItIs) {
  const std::string once = printable("a\nb\x1b\xff");
  EXPECT_EQ(printable(once), once);
}

TEST(Printable, WhatIsBriefEndsBetweenCharacters) {
  const std::string longest(240, 'x');
  EXPECT_EQ(brief(longest), longest);
  EXPECT_EQ(brief(longest + "y"), longest + "...");
  const std::string before(239, 'x');
  EXPECT_EQ(brief(before + "\xC3\xA9"), before + "...");
  EXPECT_EQ(brief("a\nb"), "a\\nb");
}

TEST(Printable, AWordForAShellIsReadByItAsThatWord) {
  const struct {
    std::string_view word;
    std::string_view quoted;
  } k_cases[] = {
      {"", "''"},
      {"/home/a/build", "/home/a/build"},
      {"-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_BUILD_TYPE=Debug"},
      {"^a$", "'^a$'"},
      {"a b", "'a b'"},
      {"it's", "'it'\\''s'"},
      {"caf\u00e9", "'caf\u00e9'"},
      {"a\nb'\\", "$'a\\x0ab\\'\\\\'"},
      {"\xff", "$'\\xff'"},
  };
  for (const auto& one : k_cases) EXPECT_EQ(for_shell(one.word), one.quoted);
}

}  // namespace
}  // namespace holdfast
