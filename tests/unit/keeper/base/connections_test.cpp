#include "keeper/base/connections.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "os/file/clock.hpp"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

// Stands for a process or a lock that somebody holds.
os::UniqueFd held() { return os::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

Connection granted(const std::string& refusal = {}) {
  wire::AttemptRequest request;
  request.test = "t";
  request.key = "key";
  wire::AttemptGrant grant;
  grant.attempt = "r.1";
  grant.refusal = refusal;
  grant.policy.grace = 60'000ms;
  Connection connection;
  connection.begin_attempt(request, grant);
  connection.launcher_life = held();
  connection.locks.push_back(held());
  connection.contained = held();
  return connection;
}

TEST(Connection, HasTheGraceOfItsPolicyUnlessItsAttemptWasRefused) {
  EXPECT_EQ(granted().grace, 60'000ms);
  EXPECT_EQ(granted("wrong settings").grace, k_default_grace);
}

TEST(Connection, LetsGoOfEverythingAtTheFarewell) {
  Connection connection = granted();
  connection.end_attempt();
  EXPECT_TRUE(connection.farewell);
  EXPECT_TRUE(connection.locks.empty());
  EXPECT_FALSE(connection.contained.valid());
  EXPECT_FALSE(connection.launcher_life.valid());
  EXPECT_EQ(connection.guard.due(), k_longest);
}

TEST(Connection, AnAttemptThatIsOverWaitsForNothing) {
  Connection connection = granted();
  connection.wait = {wire::WaitFor::lock, "db@cluster"};
  connection.begin_next("r.2", "");
  EXPECT_EQ(connection.wait.names, "");
  connection.wait = {wire::WaitFor::lock, "db@cluster"};
  connection.end_attempt();
  EXPECT_EQ(connection.wait.names, "");
}

TEST(Connection, AFurtherAttemptHasNothingThatWasHeldForTheLastOne) {
  Connection connection = granted();
  connection.begin_next("r.2", "");
  EXPECT_TRUE(connection.locks.empty());
  EXPECT_FALSE(connection.contained.valid());
}

TEST(Connection, TheGuardOfADeadLauncherHasTheGraceOfItsTest) {
  Connection connection = granted();
  const Milliseconds before = os::monotonic_now();
  connection.expect_end();
  EXPECT_GT(connection.guard_until, before + connection.grace);
  EXPECT_LT(connection.guard_until, os::monotonic_now() + connection.grace + 60s);
}

TEST(Connection, KeepsTheLocksOfADeadLaunchersTestAndBoundsItsGuardsTime) {
  Connection connection = granted();
  connection.expect_end();
  EXPECT_EQ(connection.locks.size(), 1U);
  EXPECT_TRUE(connection.contained.valid());
  EXPECT_FALSE(connection.farewell);
  EXPECT_NE(connection.guard_until, k_longest);
}

TEST(Connection, AfterTheFarewellNobodyHurriesTheGuard) {
  Connection connection = granted();
  connection.expect_end();
  connection.end_attempt();
  EXPECT_EQ(connection.guard_until, k_longest);
  connection.expect_end();
  EXPECT_EQ(connection.guard_until, k_longest);
}

TEST(Connection, IsWatchedForAGuardFromTheBeginningOfEachAttempt) {
  Connection connection = granted();
  EXPECT_NE(connection.guard.due(), k_longest);
  connection.end_attempt();
  connection.begin_next("r.2", "/s");
  EXPECT_NE(connection.guard.due(), k_longest);
  EXPECT_EQ(connection.attempt, "r.2");
  EXPECT_EQ(connection.scratch, "/s");
  EXPECT_EQ(connection.n, 2U);
}

}  // namespace
}  // namespace holdfast
