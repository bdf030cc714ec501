#include "report/shown.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Escape, XmlTextHoldsOnlyWhatXmlAllows) {
  EXPECT_EQ(xml_text("<a href=\"x\">&]]>\n\t\r"), "&lt;a href=\"x\"&gt;&amp;]]&gt;\n\t&#13;");
  EXPECT_EQ(xml_text(std::string_view("\0\x1b\xff", 3)), "\\x00\\x1b\xEF\xBF\xBD");
  EXPECT_EQ(xml_text("\xEF\xBF\xBF"), "\\uFFFF");
}

TEST(Escape, XmlAttributesKeepQuotesAndLineBreaks) {
  EXPECT_EQ(xml_attribute("\"a\"\n\t'"), "&quot;a&quot;&#10;&#9;'");
}

TEST(Escape, ASequenceForATerminalMayBeCutOff) {
  const struct {
    const char* printed;
    const char* expected;
  } rows[] = {
      {"a\x1b[31mb", "ab"}, {"a\x1b[31\nb", "a\nb"}, {"a\x1b(Bb", "ab"},
      {"a\x1b(", "a("},     {"a\x1b", "a"},
  };
  for (const auto& row : rows) EXPECT_EQ(shown(row.printed), row.expected) << row.expected;
}

}  // namespace
}  // namespace holdfast
