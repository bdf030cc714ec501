#include "attempt/records.hpp"

#include <gtest/gtest.h>

namespace holdfast::supervision {
namespace {

using namespace std::chrono_literals;

TEST(AttemptClock, StandsStillWhileTheTestIsPaused) {
  AttemptClock clock;
  clock.start();
  EXPECT_EQ(clock.after(100ms), clock.started() + 100ms);
  clock.pause(clock.started() + 10ms);
  clock.go_on(clock.started() + 60ms);
  clock.pause(clock.started() + 70ms);
  clock.go_on(clock.started() + 77ms);
  EXPECT_EQ(clock.after(100ms), clock.started() + 157ms);
}

TEST(AttemptClock, NeverMeasuresLessThanNothing) {
  AttemptClock clock;
  clock.start();
  clock.pause(clock.started());
  clock.go_on(clock.started() + 3'600'000ms);
  clock.end();
  EXPECT_EQ(clock.wall_us(), 0);
}

}  // namespace
}  // namespace holdfast::supervision
