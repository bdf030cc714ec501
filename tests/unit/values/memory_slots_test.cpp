#include "values/build_step.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

#include "base/json_line.hpp"

namespace holdfast {
namespace {

TEST(MemorySlots, AStepTakesItsShareRoundedUpNeverNoneAndNeverMoreThanAll) {
  EXPECT_EQ(memory_units(0, 1000), 1U);
  EXPECT_EQ(memory_units(1, 128'000), 1U);
  EXPECT_EQ(memory_units(1000, 128'000), 1U);
  EXPECT_EQ(memory_units(1001, 128'000), 2U);
  EXPECT_EQ(memory_units(128'000, 128'000), k_memory_units);
  EXPECT_EQ(memory_units(900'000, 128'000), k_memory_units);
  EXPECT_EQ(memory_units(1, 0), k_memory_units);
  EXPECT_EQ(memory_units(0, 0), k_memory_units);
}

TEST(MemorySlots, WhoFitsIntoTheUnitsFitsIntoTheMemory) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 5'000; ++round) {
    const std::uint64_t budget = 1 + random() % 100'000'000;
    unsigned units = 0;
    std::uint64_t needed = 0;
    std::size_t steps = 0;
    while (true) {
      const std::uint64_t expected = random() % (2 * budget);
      const unsigned more = memory_units(expected, budget);
      ASSERT_GE(more, 1U);
      ASSERT_LE(more, k_memory_units);
      if (units + more > k_memory_units) break;
      units += more;
      needed += expected;
      ++steps;
    }
    // A step may need more than the budget; then it runs alone.
    if (steps > 1) {
      ASSERT_LE(needed, budget);
    }
  }
}

TEST(MemorySlots, WhoNeedsMoreTakesNoFewerUnits) {
  for (std::uint64_t expected = 0; expected < 2'000; ++expected) {
    EXPECT_LE(memory_units(expected, 1'500), memory_units(expected + 1, 1'500));
    EXPECT_GE(memory_units(expected, 1'500), memory_units(expected, 1'501));
  }
}

std::string record(std::string_view kind, std::string_view output, std::string_view outcome,
                   std::int64_t peak, std::string_view target = "app") {
  JsonLine line("step", 1000);
  line.text("kind", kind).text("target", target).text("output", output);
  line.text("outcome", outcome).number("max_rss_kb", peak).number("attempts", 1);
  return std::move(line).finish();
}

BuildStep link_of(std::string_view output) {
  BuildStep step;
  step.kind = StepKind::link;
  step.target = "app";
  step.output = output;
  return step;
}

TEST(MemorySlots, ThePastIsTheMostOfTheLastFourThatPassed) {
  EXPECT_EQ(past_peak_kb("", link_of("app")), std::nullopt);
  const std::string journal =
      record("link", "app", "passed", 9000) + record("link", "app", "passed", 10) +
      record("link", "apple", "passed", 8000) + record("link", "app", "passed", 30) +
      record("compile", "app", "passed", 7000) + record("link", "app", "failed", 6000) +
      record("link", "app", "passed", 20) + record("link", "app", "passed", 0) +
      record("link", "app", "passed", 5);
  EXPECT_EQ(past_peak_kb(journal, link_of("app")), 30U);
  EXPECT_EQ(past_peak_kb(journal, link_of("ap")), std::nullopt);
  EXPECT_EQ(past_peak_kb(journal, link_of("apple")), 8000U);
}

// Outputs are relative to the directory of their step.
TEST(MemorySlots, AnOutputOfTheSameNameOfAnotherTargetIsAnotherOne) {
  const std::string journal =
      record("link", "app", "passed", 30) + record("link", "app", "passed", 9000, "other");
  EXPECT_EQ(past_peak_kb(journal, link_of("app")), 30U);
}

TEST(MemorySlots, OutputsThatJsonWritesOtherwiseAreFound) {
  const std::string name = "a \"b\"\\c\n\x01.so";
  EXPECT_EQ(past_peak_kb(record("link", name, "passed", 77), link_of(name)), 77U);
}

TEST(MemorySlots, WhatIsNoWholeLineIsPassedOver) {
  const std::string whole = record("link", "app", "passed", 40);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const std::string torn = whole.substr(0, cut);
    const auto alone = past_peak_kb(torn, link_of("app"));
    EXPECT_TRUE(!alone || *alone <= 40) << torn;
    EXPECT_EQ(past_peak_kb(whole + torn, link_of("app")), 40U) << torn;
    EXPECT_EQ(past_peak_kb(torn + "\n" + whole, link_of("app")), 40U) << torn;
  }
}

TEST(MemorySlots, WhoIsAloneHasAllOfEverySlot) {
  LockSpec link;
  link.name = "holdfast-link-2";
  link.mode = LockMode::counted;
  link.size = 2;
  link.scope = LockScope::user;
  std::vector<LockSpec> locks{memory_lock(3, LockScope::user), link};
  make_alone(locks, LockScope::user);
  const Result<std::vector<LockSpec>> canonical = canonical_locks(locks);
  ASSERT_TRUE(canonical);
  EXPECT_EQ(locks, *canonical);
  ASSERT_EQ(locks.size(), 3U);
  EXPECT_EQ(to_text(locks[0]), "holdfast-link-2:2/2@user");
  EXPECT_EQ(to_text(locks[1]), "holdfast-memory:128/128@user");
  EXPECT_EQ(to_text(locks[2]), "holdfast-once-more@user");
}

TEST(MemorySlots, WhoIsAloneHasAllOfAnAmountWhoseWholeNobodySays) {
  std::vector<LockSpec> locks{*parse_lock_spec("memory:1GiB"), *parse_lock_spec("v:1GiB/2GiB")};
  make_alone(locks, LockScope::user);
  ASSERT_EQ(locks.size(), 4U);
  EXPECT_EQ(to_text(locks[0]), "v:2GiB/2GiB@project");
  EXPECT_EQ(locks[3].name, "memory");
  EXPECT_EQ(locks[3].units, k_largest_size_kb);
  EXPECT_EQ(locks[3].size, 0U);
}

TEST(MemorySlots, WhoIsAloneHasItsOtherLocksAsBefore) {
  const LockSpec db = *parse_lock_spec("db:shared@user");
  std::vector<LockSpec> locks{db};
  make_alone(locks, LockScope::user);
  EXPECT_NE(std::ranges::find(locks, db), locks.end());
}

TEST(MemorySlots, OfTheMachineWhoIsAloneHasAllOfThem) {
  std::vector<LockSpec> locks{memory_lock(3, LockScope::machine)};
  make_alone(locks, LockScope::machine);
  const Result<std::vector<LockSpec>> canonical = canonical_locks(locks);
  ASSERT_TRUE(canonical);
  EXPECT_EQ(locks, *canonical);
  ASSERT_EQ(locks.size(), 2U);
  EXPECT_EQ(to_text(locks[0]), "holdfast-once-more@user");
  EXPECT_EQ(to_text(locks[1]), "holdfast-memory:128/128@machine");
}

}  // namespace
}  // namespace holdfast
