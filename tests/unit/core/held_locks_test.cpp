#include "core/held_locks.hpp"

#include <gtest/gtest.h>

#include "core/lock_place.hpp"
#include "random_text.hpp"

namespace holdfast {
namespace {

TEST(HeldLocks, WithoutAncestorsEveryLockIsTakenAtTheTop) {
  const HeldLocks none("");
  EXPECT_EQ(none.level_of("project-p/db"), "");
  EXPECT_EQ(none.with({}, "r.1"), "");
  EXPECT_EQ(none.with({"project-p/db"}, "r.1"), "project-p/db#r.1");
}

TEST(HeldLocks, ALockIsTakenBelowTheAttemptThatHoldsIt) {
  const HeldLocks held("project-p/db#r.1,machine/gpu#r.2");
  const struct {
    const char* place;
    const char* level;
  } rows[] = {
      {"project-p/db", "r.1"}, {"machine/gpu", "r.2"}, {"user/db", ""}, {"project-p/d", ""},
      {"project-p/dbx", ""},   {"project-q/db", ""},   {"", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(held.level_of(row.place), row.level) << row.place;
}

TEST(HeldLocks, WhatAnAttemptTookStandsBeforeWhatWasHeldAboveIt) {
  const HeldLocks held("project-p/db#r.1,machine/gpu#r.2");
  const std::string deeper = held.with({"project-p/db"}, "r.3");
  EXPECT_EQ(deeper, "project-p/db#r.3,project-p/db#r.1,machine/gpu#r.2");
  EXPECT_EQ(HeldLocks(deeper).level_of("project-p/db"), "r.3");
  EXPECT_EQ(held.with({"user/net"}, "r.3"), "user/net#r.3,project-p/db#r.1,machine/gpu#r.2");
  EXPECT_EQ(held.with({}, "r.3"), "project-p/db#r.1,machine/gpu#r.2");
}

TEST(HeldLocks, WhatWasWrittenIsFoundWhateverLockAndProjectAreCalled) {
  RandomText random(4);
  for (int i = 0; i < 5'000; ++i) {
    LockSpec hostile;  // as a promoted RESOURCE_LOCK
    hostile.name = "n" + random.of("a,@#%./:;\n ", 12);
    const LockHome home{random.of("p,#%/", 6), "/t"};
    const std::string place = place_of(hostile, home);
    const std::string text = HeldLocks("").with({place, "user/other"}, "r.1");
    const HeldLocks held(text);
    EXPECT_EQ(held.level_of(place), "r.1") << text;
    EXPECT_EQ(held.level_of("user/other"), "r.1") << text;
  }
}

TEST(HeldLocks, EmptyAndBrokenEntriesAreLeftOut) {
  const HeldLocks held(",,user/db,#,user/net#,,#x,");
  EXPECT_EQ(held.level_of("user/db"), "");
  EXPECT_EQ(held.level_of("user/net"), "");
  RandomText random(5);
  for (int i = 0; i < 5'000; ++i) {
    const HeldLocks any(random.of("user/db#,", 30));
    (void)any.level_of("user/db");
    (void)any.with({"user/db"}, "r.1");
  }
}

}  // namespace
}  // namespace holdfast
