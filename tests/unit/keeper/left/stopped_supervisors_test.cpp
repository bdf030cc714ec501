#include "keeper/left/stopped_supervisors.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

constexpr CtestState k_states[] = {CtestState::running, CtestState::stopped, CtestState::dead};

TEST(StoppedSupervisor, GoesOnIfJobControlDoesNotReachIt) {
  for (const CtestState ctest : k_states) {
    for (const bool has_keeper : {false, true}) {
      EXPECT_TRUE(is_to_go_on({true, has_keeper, ctest}));
    }
  }
}

TEST(StoppedSupervisor, GoesOnIfNobodyElseWouldContinueIt) {
  const struct {
    bool has_keeper;
    CtestState ctest;
    bool goes_on;
  } rows[] = {
      {false, CtestState::running, true},  {true, CtestState::running, false},
      {false, CtestState::stopped, false}, {true, CtestState::stopped, false},
      {false, CtestState::dead, true},     {true, CtestState::dead, true},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(is_to_go_on({false, row.has_keeper, row.ctest}), row.goes_on)
        << "row " << (&row - rows);
  }
}

TEST(StoppedSupervisor, IsNamed) {
  EXPECT_EQ(describe(std::vector<StoppedSupervisor>{{{7, 1}, "holdfast-launch"},
                                                    {{8, 1}, "holdfast-guard"}}),
            "2 stopped processes of Holdfast: holdfast-launch (pid 7), holdfast-guard (pid 8)");
}

}  // namespace
}  // namespace holdfast
