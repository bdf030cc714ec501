
#include <gtest/gtest.h>
#include <unistd.h>

#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {
namespace {

Pipe a_pipe() {
  Result<Pipe> made = make_pipe();
  EXPECT_TRUE(made);
  return std::move(*made);
}

TEST(Wait, TellsWhichDescriptorHasNews) {
  const Pipe quiet = a_pipe();
  const Pipe busy = a_pipe();
  ASSERT_EQ(::write(busy.write.get(), "x", 1), 1);
  Wait wait{quiet.read.get(), busy.read.get()};
  EXPECT_EQ(wait.go(), 1);
  EXPECT_EQ(wait.news(quiet.read.get()), 0);
  EXPECT_EQ(wait.news(busy.read.get()), POLLIN);
  EXPECT_EQ(wait.news(busy.write.get()), 0) << "nobody waits for it";
}

TEST(Wait, WaitsForWhatItIsAskedFor) {
  Pipe pipe = a_pipe();
  Wait wait({pipe.read.get()}, Milliseconds{0});
  wait.on(pipe.write.get(), POLLOUT);
  EXPECT_EQ(wait.go(), 1);
  EXPECT_EQ(wait.news(pipe.write.get()), POLLOUT);
  pipe.read.reset();
  EXPECT_EQ(wait.go(), 2);
  EXPECT_NE(wait.news(pipe.write.get()) & POLLERR, 0);
}

TEST(Wait, LeavesOutANegativeDescriptor) {
  Wait wait({-1}, Milliseconds{0});
  EXPECT_TRUE(wait.descriptors().empty());
  EXPECT_EQ(wait.go(), 0);
  EXPECT_EQ(wait.news(-1), 0);
}

TEST(Wait, EndsAtTheEarliestTime) {
  const Milliseconds begun = monotonic_now();
  Wait wait({}, begun + Milliseconds{60'000});
  wait.until(begun + Milliseconds{1});
  wait.until(k_longest);
  EXPECT_EQ(wait.go(), 0);
  EXPECT_GE(monotonic_now(), begun + Milliseconds{1});
  EXPECT_EQ(wait.time_left(), 0);
}

TEST(Wait, MayEndSoonerThanAMillisecond) {
  EXPECT_EQ(Wait().go_for(std::chrono::microseconds{50}), 0);
}

}  // namespace
}  // namespace holdfast::os
