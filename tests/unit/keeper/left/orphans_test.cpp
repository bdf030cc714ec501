#include "keeper/left/orphans.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

TEST(Orphan, WasKilledByCtestOnlyIfItsTimeWasOverAndCtestLives) {
  const struct {
    Milliseconds age;
    Milliseconds soonest_end;
    CtestIs ctest;
    KilledBy killer;
  } rows[] = {
      {30'000ms, 30'000ms, CtestIs::alive, KilledBy::ctest},
      {29'000ms, 30'000ms, CtestIs::alive, KilledBy::ctest},  // ctest's clock may be behind
      {28'999ms, 30'000ms, CtestIs::alive, KilledBy::stranger},
      {30'000ms, 30'000ms, CtestIs::dead, KilledBy::stranger},
      {3'600'000ms, k_longest, CtestIs::alive, KilledBy::stranger},
      {10ms, 0ms, CtestIs::alive, KilledBy::ctest_if_all_are_killed},  // `ctest -S`
      {10ms, 0ms, CtestIs::dead, KilledBy::stranger},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(killer_of(row.age, row.soonest_end, row.ctest), row.killer)
        << "row " << (&row - rows);
  }
}

TEST(Orphan, IsOnRecordWithWhoKilledItAndWhatIsLeft) {
  EXPECT_EQ(note_on_orphan(KilledBy::stranger, 0, {}),
            "launcher and guard of the test were killed; what it left was ended");
  EXPECT_EQ(note_on_orphan(KilledBy::ctest, 0, {}),
            "ctest ended the test when its time was over; what it left was ended");
  EXPECT_EQ(note_on_orphan(KilledBy::ctest_if_all_are_killed, 2, {}),
            "ctest ended the test when its time was over; what it left was ended, but for 2 "
            "processes");
  EXPECT_EQ(note_on_orphan(KilledBy::stranger, 0, {{7, "sleep"}, {8, "cat"}}),
            "launcher and guard of the test were killed; what it left was ended; sleep (pid 7), "
            "cat (pid 8) may be its own and lives");
}

}  // namespace
}  // namespace holdfast
