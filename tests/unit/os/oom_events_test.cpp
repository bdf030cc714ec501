#include "os/memory/free_memory.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

TEST(OomEvents, AFileIsReadAnewEachTime) {
  const Scratch scratch;
  const std::string path = scratch.path("events");
  std::ofstream(path) << "oom 1\noom_kill 3\n";
  const OomEvents events = OomEvents::open(path);
  EXPECT_EQ(events.count(), 3U);
  std::ofstream(path) << "oom 1\noom_kill 12\n";
  EXPECT_EQ(events.count(), 12U);
}

TEST(OomEvents, WhereNobodyCountsThereIsNoCount) {
  const Scratch scratch;
  std::ofstream(scratch.path("other")) << "nothing of the kind\n";
  for (const std::string& path : {scratch.path("none"), scratch.path("other")}) {
    EXPECT_EQ(OomEvents::open(path).count(), std::nullopt);
  }
  // This is the machine's own counter, if it has one.
  (void)OomEvents::open("").count();
}

TEST(OomEvents, ALivingProcessIsNoVictim) {
  EXPECT_FALSE(kernel_log_names_victim(::getpid(), Milliseconds{1000}));
  EXPECT_FALSE(kernel_log_names_victim(0, Milliseconds{1000}));
}

}  // namespace
}  // namespace holdfast::os
