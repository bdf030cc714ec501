#include "values/lock_spec.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Amount, ASizeHasAUnit) {
  EXPECT_EQ(parse_size_kb("1TiB"), 1024U * 1024 * 1024);
  EXPECT_EQ(parse_size_kb("8GiB"), 8U * 1024 * 1024);
  EXPECT_EQ(parse_size_kb("512MiB"), 512U * 1024);
  EXPECT_EQ(parse_size_kb("4KiB"), 4U);
  EXPECT_EQ(parse_size_kb("1048576TiB"), k_largest_size_kb);
  for (const char* wrong : {"", "8", "GiB", "0GiB", "8GB", "8 GiB", "-1GiB", "1.5GiB", "8GiB ",
                            "1048577TiB", "99999999999999999999GiB"}) {
    EXPECT_EQ(parse_size_kb(wrong), std::nullopt) << wrong;
  }
}

TEST(Amount, ATextHasTheLargestUnitThatIsWhole) {
  for (const char* text : {"1KiB", "1023KiB", "1MiB", "1536MiB", "24GiB", "1TiB", "1025GiB"}) {
    EXPECT_EQ(size_text(*parse_size_kb(text)), text);
  }
  EXPECT_EQ(size_text(*parse_size_kb("1024MiB")), "1GiB");
  EXPECT_EQ(size_text(0), "0KiB");
  EXPECT_EQ(how_text(LockMode::amount, 1024, 2048), "1MiB/2MiB");
  EXPECT_EQ(how_text(LockMode::amount, 1024, 0), "1MiB");
}

}  // namespace
}  // namespace holdfast
