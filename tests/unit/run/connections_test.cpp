#include "run/connections.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

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

TEST(Connection, HasAllThatItsLauncherAskedWithAndWasGranted) {
  wire::AttemptRequest request;
  request.test = "t";
  request.key = "key";
  request.program = "/b/t";
  request.inputs.named = {"/b/named"};
  request.inputs.required = {"/b/required"};
  request.command_sum = 77;
  request.soonest_end = 5000ms;
  request.launcher = {::getpid(), 42};
  request.properties.serial = true;
  request.properties.processors = "4";
  request.properties.fixtures_required = "db";
  wire::AttemptGrant grant;
  grant.attempt = "r.1";
  grant.scratch = "/s/1";
  Connection connection;
  connection.is_stale = true;
  connection.n = 3;
  connection.begin_attempt(request, grant);
  EXPECT_EQ(connection.attempt, "r.1");
  EXPECT_EQ(connection.scratch, "/s/1");
  EXPECT_EQ(connection.test, "t");
  EXPECT_EQ(connection.key, "key");
  EXPECT_EQ(connection.n, 1U);
  EXPECT_EQ(connection.program, "/b/t");
  EXPECT_EQ(connection.inputs.named, request.inputs.named);
  EXPECT_EQ(connection.inputs.required, request.inputs.required);
  EXPECT_EQ(connection.command_sum, 77U);
  EXPECT_FALSE(connection.is_stale);
  EXPECT_EQ(connection.processors, 4U);
  EXPECT_TRUE(connection.serial);
  EXPECT_EQ(connection.launcher, request.launcher);
  EXPECT_EQ(connection.output, os::stream_of(::getpid(), STDOUT_FILENO));
  EXPECT_EQ(connection.soonest_end, 5000ms);
  EXPECT_TRUE(connection.schedule.required.empty()) << "it needs no services";
  grant.policy.services = {{"db"}};
  connection.begin_attempt(request, grant);
  ASSERT_EQ(connection.services.size(), 1U);
  EXPECT_EQ(connection.services[0].name, "db");
  EXPECT_EQ(connection.schedule.required, std::vector<std::string>{"db"});
}

}  // namespace
}  // namespace holdfast
