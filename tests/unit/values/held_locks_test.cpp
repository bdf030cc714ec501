#include "values/held_locks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/random_text.hpp"
#include "values/lock_spec.hpp"

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

// Each attempt in `has` has the lock still, at that level.
void forget_all_but(HeldLocks& held, const std::vector<std::pair<std::string, std::string>>& has) {
  held.forget_released("user/db", [&](const std::string& attempt, const std::string& level) {
    return std::find(has.begin(), has.end(), std::pair(attempt, level)) != has.end();
  });
}

TEST(HeldLocks, WhoHasLetALockGoIsStillAroundUs) {
  HeldLocks held("user/db#r.3,user/net#r.3,user/db:shared#r.1,run#r.1");
  forget_all_but(held, {{"r.1", ""}});
  EXPECT_EQ(held.level_of("user/db"), "r.1");
  EXPECT_EQ(held.level_of("user/net"), "r.3");
  forget_all_but(held, {});
  EXPECT_EQ(held.level_of("user/db"), "");
  EXPECT_EQ(held.attempts(), (std::vector<std::string>{"r.3", "r.1"}));
  EXPECT_EQ(held.with({"user/db"}, "r.4"), "user/db#r.4,#r.3,user/net#r.3,#r.1,run#r.1");
}

TEST(HeldLocks, BehindOneThatHasTheLockNobodyIsForgotten) {
  const std::string all = "user/db#r.3,user/db#r.2,user/db#r.1";
  const struct {
    std::vector<std::pair<std::string, std::string>> has;
    std::string left;
  } rows[] = {
      {{{"r.3", ""}}, all},
      {{{"r.3", "r.2"}}, all},
      {{{"r.3", "r.1"}}, all},
      {{{"r.2", "r.1"}}, "#r.3,user/db#r.2,user/db#r.1"},
      {{{"r.1", ""}}, "#r.3,#r.2,user/db#r.1"},
      {{}, "#r.3,#r.2,#r.1"},
      // Nobody takes a lock below an attempt inside it.
      {{{"r.1", "r.3"}}, "#r.3,#r.2,#r.1"},
  };
  for (const auto& row : rows) {
    HeldLocks held(all);
    forget_all_but(held, row.has);
    EXPECT_EQ(held.with({}, "x"), row.left) << "row " << (&row - rows);
  }
}

TEST(HeldLocks, WhatWasWrittenIsFoundWhateverLockAndProjectAreCalled) {
  RandomText random(4);
  for (int i = 0; i < 5'000; ++i) {
    LockSpec hostile;  // a RESOURCE_LOCK may have such a name
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

LockSpec spec(const std::string& text) { return *parse_lock_spec(text); }

TEST(HeldLocks, AnInnerRunMayHaveWhatItsAncestorHasAndNoMore) {
  const HeldLocks held(
      "user/x#r.3,user/s:shared#r.2,user/g:1+3/4#r.1,user/RUN_SERIAL:shared#r.1,user/odd:?#r.1,"
      "user/RETRY_ALONE:shared#r.1,user/v:6GiB/24GiB#r.1,user/memory:4GiB#r.2");
  constexpr std::uint64_t k_gib = std::uint64_t{1} << 20U;
  const struct {
    const char* wanted;
    const char* attempt;  // null: refused
    std::vector<unsigned> slots;
    std::uint64_t amount = 0;
  } rows[] = {
      {"v:6GiB/24GiB@user", "r.1", {}, 6 * k_gib},
      {"v:7GiB/24GiB@user", nullptr, {}},
      {"v:1GiB/8GiB@user", nullptr, {}},
      {"v:1/24@user", nullptr, {}},
      {"v:shared@user", "r.1", {}},
      {"v@user", nullptr, {}},
      {"x:1GiB/2GiB@user", "r.3", {}},
      {"s:1GiB/2GiB@user", nullptr, {}},
      {"memory:4GiB", "r.2", {}, 4 * k_gib},
      {"memory:5GiB", nullptr, {}},
      {"memory:1GiB/8GiB@user", "r.2", {}, 4 * k_gib},
      {"x@user", "r.3", {}},
      {"x:shared@user", "r.3", {}},
      {"x:2/3@user", "r.3", {}},
      {"s:shared@user", "r.2", {}},
      {"s@user", nullptr, {}},
      {"s:1/2@user", nullptr, {}},
      {"g:1/4@user", "r.1", {1, 3}},
      {"g:2/4@user", "r.1", {1, 3}},
      {"g:3/4@user", nullptr, {}},
      {"g:1/2@user", nullptr, {}},
      {"g:shared@user", "r.1", {}},
      {"g@user", nullptr, {}},
      {"RUN_SERIAL@user", "r.1", {}},
      {"odd:shared@user", "r.1", {}},
      {"odd@user", nullptr, {}},
      {"free@user", "", {}},
      {"RETRY_ALONE@build", "r.1", {}},
      {"RETRY_ALONE@user", nullptr, {}},
  };
  for (const auto& row : rows) {
    const LockSpec wanted = spec(row.wanted);
    const Result<LockLevel> level = held.level_for(wanted, place_of(wanted, {}));
    ASSERT_EQ(static_cast<bool>(level), row.attempt != nullptr) << row.wanted;
    if (!level) continue;
    EXPECT_EQ(level->attempt, row.attempt) << row.wanted;
    EXPECT_EQ(level->slots, row.slots) << row.wanted;
    EXPECT_EQ(level->amount, row.amount) << row.wanted;
  }
}

TEST(HeldLocks, WhatIsHeldIsReadBack) {
  const LockSpec gpu = spec("gpu:2/4@user");
  const LockSpec memory = spec("memory:6GiB");
  const std::string text = HeldLocks("").with(
      {held_entry("user/gpu", gpu, {0, 2}), held_entry("user/db", spec("db"), {}),
       held_entry("user/doc", spec("doc:shared"), {}), held_entry("user/memory", memory, {})},
      "r.1");
  EXPECT_EQ(text, "user/gpu:0+2/4#r.1,user/db#r.1,user/doc:shared#r.1,user/memory:6GiB#r.1");
  const HeldLocks held(text);
  EXPECT_EQ(held.level_for(gpu, "user/gpu")->slots, (std::vector<unsigned>{0, 2}));
  EXPECT_EQ(held.level_for(memory, "user/memory")->amount, memory.units);
  EXPECT_EQ(held.level_of("user/doc"), "r.1");
  EXPECT_EQ(held.attempts(), std::vector<std::string>{"r.1"});
}

TEST(HeldLocks, ARequestBeforeWhatAnAncestorHoldsIsOutOfOrder) {
  const HeldLocks held("user/m#r.2,project-p/z:shared#r.1,tree-1/run#r.1");
  const struct {
    const char* wanted;
    bool out_of_order;
  } rows[] = {
      {"a@user", true},
      {"n@user", false},
      {"a@machine", false},
      {"a@project", true},
      // This was taken below r.2, inside of which no process holds a lock. Below r.1 there are
      // r.2's locks.
      {"m@user", false},
      {"z:shared@project", true},
  };
  for (const auto& row : rows) {
    const LockSpec wanted = spec(row.wanted);
    EXPECT_EQ(held.is_out_of_order(wanted, place_of(wanted, {"p", "/t"})), row.out_of_order)
        << row.wanted;
  }
  EXPECT_FALSE(HeldLocks("").is_out_of_order(spec("a"), "project-p/a"));
}

TEST(HeldLocks, LocksOfBuildTreesHaveTheirPlaceInTheOrderToo) {
  const HeldLocks held("build-17/m#r.1");
  const auto is_late = [&](const char* wanted) {
    return held.is_out_of_order(spec(wanted), place_of(spec(wanted), {"p", "/t"}));
  };
  EXPECT_TRUE(is_late("a@build"));
  EXPECT_FALSE(is_late("n@build"));
  EXPECT_FALSE(is_late("a@project"));
}

TEST(HeldLocks, WhatTheEnvironmentDidNotSayIsFartherAwayAndSaidOnce) {
  HeldLocks held("user/db#near");
  held.add_farther("user/db#near,user/db#far,user/net:shared#far");
  EXPECT_EQ(held.level_of("user/db"), "near");
  EXPECT_EQ(held.level_of("user/net"), "far");
  EXPECT_EQ(held.attempts(), (std::vector<std::string>{"near", "far"}));
  EXPECT_EQ(held.with({}, "x"), "user/db#near,user/db#far,user/net:shared#far");
}

TEST(HeldLocks, ARefusalSaysWhatIsWantedAndWhatTheAncestorHas) {
  const HeldLocks held("user/s:shared#r.2,user/g:1+3/4#r.1,user/v:6GiB/24GiB#r.1");
  const std::string more = "have more of it than an attempt around this one, which has ";
  const std::string forever = " and would be waited for forever";
  const std::pair<const char*, std::string> rows[] = {
      {"v:7GiB/24GiB@user", "have 7GiB: an attempt around this one has 6GiB," + forever},
      {"v:1GiB/8GiB@user",
       "use it: an attempt around this one has it with size 24GiB; expected 8GiB"},
      {"g:3/4@user", "have 3 slots: an attempt around this one has 2," + forever},
      {"g:1/2@user", "use it: an attempt around this one has it with size 4; expected 2"},
      {"s@user", more + "shared" + forever},
      {"g@user", more + "slots of it" + forever},
      {"v@user", more + "a part of it" + forever},
  };
  for (const auto& [text, why] : rows) {
    const LockSpec wanted = spec(text);
    const Result<LockLevel> level = held.level_for(wanted, place_of(wanted, {}));
    ASSERT_FALSE(level) << text;
    EXPECT_EQ(level.error().message, why) << text;
  }
}

}  // namespace
}  // namespace holdfast
