#include "retry/test_run.hpp"

#include <gtest/gtest.h>

namespace holdfast::exec {
namespace {

Policy with_rule() {
  Policy policy;
  policy.retry.rules.emplace_back();
  return policy;
}

Policy with_known_flake() {
  Policy policy;
  policy.retry.known.emplace_back();
  return policy;
}

Policy with_isolation() {
  Policy policy;
  policy.isolation.emplace();
  return policy;
}

TEST(OutputOfAnAttempt, GoesTheWayThatItsPolicyNeeds) {
  Policy on_failure;
  on_failure.hooks.on_failure = "look";
  Policy before_kill;
  before_kill.hooks.before_kill = "look";
  Policy both = with_isolation();
  both.retry.rules.emplace_back();
  const struct {
    Policy policy;
    OutputWay test;
    OutputWay command;
  } rows[] = {
      {{}, OutputWay::direct, OutputWay::direct},
      {with_rule(), OutputWay::held_back, OutputWay::direct},
      {with_known_flake(), OutputWay::held_back, OutputWay::captured},
      {with_isolation(), OutputWay::captured, OutputWay::direct},
      {both, OutputWay::held_back, OutputWay::direct},
      {on_failure, OutputWay::captured, OutputWay::direct},
      {before_kill, OutputWay::captured, OutputWay::captured},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(way_of_output(row.policy, ExitMode::ctest), row.test) << "row " << (&row - rows);
    EXPECT_EQ(way_of_output(row.policy, ExitMode::command), row.command) << "row " << (&row - rows);
  }
}

}  // namespace
}  // namespace holdfast::exec
