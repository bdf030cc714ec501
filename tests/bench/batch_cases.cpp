// Many trivial cases, after a start-up that takes BENCH_STARTUP_MS.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

namespace {

// It computes, as a real start-up does: a sleep would leave the processor free.
const bool is_started = [] {
  const char* wanted = std::getenv("BENCH_STARTUP_MS");
  if (wanted == nullptr) return true;
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::milliseconds(std::atoi(wanted));
  while (Clock::now() < until) {
  }
  return true;
}();

class Trivial : public ::testing::TestWithParam<int> {};
TEST_P(Trivial, holds) { EXPECT_TRUE(is_started && GetParam() >= 0); }
INSTANTIATE_TEST_SUITE_P(All, Trivial, ::testing::Range(0, 500));

}  // namespace
