#include "core/base/utf8.hpp"

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

}  // namespace
}  // namespace holdfast
