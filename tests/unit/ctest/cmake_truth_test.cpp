#include "ctest/cmake_expression.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(CmakeTruth, IsThatOfIf) {
  for (const char* text : {"1", "ON", "on", "Yes", "TRUE", "y", "2", "-1", "0.5", "1e3"}) {
    EXPECT_TRUE(is_true_in_cmake(text)) << text;
  }
  for (const char* text : {"", "0", "0.0", "OFF", "off", "no", "FALSE", "N", "NOTFOUND", "x", "1x",
                           "a-NOTFOUND", "IGNORE"}) {
    EXPECT_FALSE(is_true_in_cmake(text)) << text;
  }
}

}  // namespace
}  // namespace holdfast
