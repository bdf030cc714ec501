#include "base/text.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

#define BAD "\xEF\xBF\xBD"

struct Row {
  std::string_view bytes;
  std::string_view text;
};

TEST(Utf8, EachByteThatIsNoPartOfASequenceIsReplaced) {
  const Row rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"\xC3\xA9", "\xC3\xA9"},
      {"\xE2\x82\xAC", "\xE2\x82\xAC"},
      {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
      {"\xFF"
       "a",
       BAD "a"},
      {"\xC3", BAD},
      {"\xE2\x82", BAD BAD},
      {"\xC0\xAF", BAD BAD},                  // overlong
      {"\xE0\x80\x80", BAD BAD BAD},          // overlong
      {"\xED\xA0\x80", BAD BAD BAD},          // surrogate
      {"\xF4\x90\x80\x80", BAD BAD BAD BAD},  // above U+10FFFF
      {"\x80x", BAD "x"},
  };
  for (const Row& row : rows) EXPECT_EQ(valid_utf8(row.bytes), row.text);
}

TEST(Utf8, ATextIsCutBetweenCharacters) {
  const std::string_view text = "a\u00e9\u20acb";  // 1, 2, 3 and 1 bytes
  const struct {
    std::size_t size;
    std::string_view first;
    std::string_view last;
  } rows[] = {{0, "", ""},
              {1, "a", "b"},
              {2, "a", "b"},
              {3, "a\u00e9", "b"},
              {4, "a\u00e9", "\u20acb"},
              {5, "a\u00e9", "\u20acb"},
              {6, "a\u00e9\u20ac", "\u00e9\u20acb"},
              {7, text, text},
              {8, text, text}};
  for (const auto& row : rows) {
    EXPECT_EQ(first_bytes(text, row.size), row.first) << row.size;
    EXPECT_EQ(last_bytes(text, row.size), row.last) << row.size;
  }
  EXPECT_EQ(first_bytes("\x80\x80\x80", 2), "");
  EXPECT_EQ(last_bytes("\x80\x80\x80", 2), "");
}

}  // namespace
}  // namespace holdfast
