#include "base/encoding.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Base64, IsReadAsItWasWritten) {
  const struct {
    const char* bytes;
    const char* text;
  } rows[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
              {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xFF\xFE\xFD", "//79"}};
  for (const auto& row : rows) {
    EXPECT_EQ(to_base64(row.bytes), row.text);
    EXPECT_EQ(from_base64(row.text), row.bytes);
  }
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg==Zg==", "Z===", "Zm9?"}) {
    EXPECT_FALSE(from_base64(bad)) << bad;
  }
}

}  // namespace
}  // namespace holdfast
