#include "attempt/answer.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace holdfast::exec {
namespace {

// There is no `holdfast` beside this program.
TEST(Answer, IsNotAskedForWhereNothingWasPrinted) {
  const Result<std::optional<std::size_t>> none = first_found({".*"}, "");
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  EXPECT_FALSE(first_found({".*"}, "printed"));
}

}  // namespace
}  // namespace holdfast::exec
