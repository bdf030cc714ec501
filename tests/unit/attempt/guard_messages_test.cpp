#include "attempt/guard_messages.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace holdfast::supervision {
namespace {

TEST(MainStop, SaysTheSignalUntilTheProcessGoesOn) {
  const MainStop running;
  EXPECT_EQ(running.signal(), 0);
  const MainStop stopped = running.stopped_by(SIGTSTP);
  EXPECT_EQ(stopped.signal(), SIGTSTP);
  EXPECT_EQ(stopped.stopped_by(SIGSTOP).signal(), SIGSTOP);
  EXPECT_EQ(stopped.continued().signal(), 0);
}

TEST(MainStop, NoStopIsTakenForAnEarlierOneBySameSignal) {
  const MainStop first = MainStop{}.stopped_by(SIGTSTP);
  const MainStop second = first.continued().stopped_by(SIGTSTP);
  const MainStop at_once = second.stopped_by(SIGTSTP);
  EXPECT_NE(second.now, first.now);
  EXPECT_NE(at_once.now, second.now);
  EXPECT_NE(first.continued().now, second.continued().now);
}

}  // namespace
}  // namespace holdfast::supervision
