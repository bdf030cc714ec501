#include "locks/lock_taking.hpp"

#include <gtest/gtest.h>

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;

Milliseconds deadline(Milliseconds timeout, bool out_of_order) {
  const LockParty self;
  LockWaitOrder order{self};
  order.out_of_order = out_of_order;
  order.set_deadline(timeout, 1000ms, 5000ms);
  return order.deadline;
}

TEST(LockWaitOrder, ALimitIsForAllWaitsOfAnAttemptTogether) {
  EXPECT_EQ(deadline(30'000ms, false), 31'000ms);
  EXPECT_EQ(deadline(30'000ms, true), 31'000ms);
  EXPECT_EQ(deadline(3'600'000ms, true), 3'601'000ms);
}

TEST(LockWaitOrder, WithoutALimitOnlyAWaitOutOfOrderIsGivenUp) {
  EXPECT_EQ(deadline(0ms, false), k_longest);
  EXPECT_EQ(deadline(0ms, true), 5000ms + k_out_of_order_patience);
}

}  // namespace
}  // namespace holdfast::supervision
