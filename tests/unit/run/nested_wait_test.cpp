#include "run/enclosing_run.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

bool is_in(const std::string& attempt, const std::vector<std::string>& around,
           const std::string& run = "12-20261120-084053-1234") {
  LockParty waiter;
  waiter.attempt = attempt;
  waiter.around = around;
  return is_in_run(waiter, run);
}

TEST(NestedWait, AnAttemptIsInTheRunWhoseNameItBegins) {
  EXPECT_TRUE(is_in("12-20261120-084053-1234.7", {}));
  EXPECT_FALSE(is_in("12-20261120-084053-1234", {}));
  EXPECT_FALSE(is_in("12-20261120-084053-12345.7", {}));
  EXPECT_FALSE(is_in("2-20261120-084053-1234.7", {}));
  // A script's second run in its tree.
  EXPECT_FALSE(is_in("12-20261120-084053-1234-2.7", {}));
  EXPECT_FALSE(is_in("", {}));
}

TEST(NestedWait, AnAttemptIsInTheRunOfAnAttemptAroundIt) {
  EXPECT_TRUE(is_in("13-x.1", {"14-x.1", "12-20261120-084053-1234.7"}));
  EXPECT_FALSE(is_in("13-x.1", {"14-x.1"}));
}

}  // namespace
}  // namespace holdfast
