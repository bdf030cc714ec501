#include "run/run_lock.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

constexpr std::int64_t k_now = 1'700'000'010'000;

LockParty run(int pid, LockMode mode = LockMode::exclusive) {
  LockParty party;
  party.process = {pid, 99};
  party.boot = "here";
  party.test = "ctest -j8";
  party.tree = "/b";
  party.since_unix_ms = k_now - 4200;
  party.mode = mode;
  return party;
}

std::string described(const LockObstacles& obstacles, LockMode wanted = LockMode::exclusive) {
  return describe_run_obstacle(obstacles, wanted, k_now);
}

TEST(RunObstacle, IsTheRunThatHasTheTree) {
  EXPECT_EQ(described({{run(17)}, {}, 0, {}}), "\"ctest -j8\" (pid 17, for 4.2 s)");
  EXPECT_EQ(described({{run(17), run(18), run(19)}, {}, 0, {}}),
            "\"ctest -j8\" (pid 17, for 4.2 s) and 2 more");
  EXPECT_EQ(described({}), "a process that left no record");
}

TEST(RunObstacle, IsOneThatWaitsBeforeUsWhereWeCouldShareTheTree) {
  LockObstacles obstacles{{run(17, LockMode::shared)}, {run(18)}, 1, {}};
  EXPECT_EQ(described(obstacles, LockMode::shared),
            "\"ctest -j8\" (pid 18, for 4.2 s), which waits for it, too");
  EXPECT_EQ(described(obstacles, LockMode::exclusive), "\"ctest -j8\" (pid 17, for 4.2 s)");
  obstacles.holders.front().mode = LockMode::exclusive;
  EXPECT_EQ(described(obstacles, LockMode::shared), "\"ctest -j8\" (pid 17, for 4.2 s)");
  obstacles.holders.front().mode = LockMode::shared;
  obstacles.before.clear();
  EXPECT_EQ(described(obstacles, LockMode::shared), "\"ctest -j8\" (pid 17, for 4.2 s)");
}

TEST(RunObstacle, ARecordNamesATreeByAllOfItsPathOrByALongBeginning) {
  const std::string deep = "/" + std::string(300, 'x');
  LockParty party = run(17);
  EXPECT_TRUE(names_tree(party, "/b"));
  EXPECT_FALSE(names_tree(party, "/b2"));
  EXPECT_FALSE(names_tree(party, "/"));
  party.tree = deep.substr(0, 256);
  EXPECT_TRUE(names_tree(party, deep));
  EXPECT_TRUE(names_tree(party, party.tree));
  EXPECT_FALSE(names_tree(party, "/y" + deep));
  party.tree = deep.substr(0, 255);
  EXPECT_FALSE(names_tree(party, deep));
}

TEST(RunObstacle, OneNumberInTwoPidNamespacesIsTwoProcesses) {
  EXPECT_TRUE(is_among({run(16), run(17)}, run(17)));
  EXPECT_FALSE(is_among({run(16)}, run(17)));
  LockParty other = run(17);
  other.boot = "there";
  EXPECT_FALSE(is_among({run(17)}, other));
  LockParty later = run(17);
  later.process.start = 100;
  EXPECT_FALSE(is_among({run(17)}, later));
}

}  // namespace
}  // namespace holdfast
