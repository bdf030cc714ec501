#include "run/keeper_socket.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "os/file/clock.hpp"
#include "run/connections.hpp"
#include "run/fake_supervisors.hpp"

namespace holdfast {
namespace {

using namespace std::string_literals;

TEST(Supervisor, IsKnownByAnEntryThatBeginsLikeThat) {
  const std::string environment = "PATH=/bin\0HOLDFAST_ATTACH=2 17 99 7 1 shop /b\0A=\0"s;
  EXPECT_TRUE(has_entry_like(environment, "HOLDFAST_ATTACH=2 17 99 7 "));
  EXPECT_TRUE(has_entry_like(environment, "HOLDFAST_ATTACH=2 17 99 7 1 "));
  EXPECT_TRUE(has_entry_like(environment, "A="));
  EXPECT_FALSE(has_entry_like(environment, "HOLDFAST_ATTACH=2 17 99 7 11 "));
  EXPECT_FALSE(has_entry_like(environment, "ATTACH=2"));
  EXPECT_FALSE(has_entry_like("", "A="));
  // The last entry may be cut off.
  EXPECT_TRUE(has_entry_like("PATH=/bin\0A=b"s, "A=b"));
  EXPECT_FALSE(has_entry_like("PATH=/bin\0A=b"s, "A=bc"));
}

os::ProcessStat named(const std::string& name) {
  os::ProcessStat stat{};
  stat.name = name;
  return stat;
}

TEST(Supervisor, IsLauncherOrGuardByItsName) {
  EXPECT_TRUE(is_guard(named("holdfast-guard")));
  EXPECT_FALSE(is_guard(named("holdfast-launch")));
  EXPECT_TRUE(is_launcher(named("holdfast-launch")));
  EXPECT_FALSE(is_launcher(named("holdfast-guard")));
  EXPECT_FALSE(is_launcher(named("holdfast")));
}

using Pids = std::vector<pid_t>;

Pids pids_of(const RunOfCtest& run) {
  const auto each = [](pid_t, const os::ProcessStat&) { return true; };
  Pids pids;
  for (const os::NamedProcess& one : supervisors_of(run, each).living()) pids.push_back(one.pid);
  return pids;
}

// A script's next ctest_test() may have begun when those of the last one are killed.
TEST(Supervisor, IsOfOneCtestAndOfOneReadingOfItsTests) {
  const FakeSupervisors fakes;
  const ProcessName ctest = fakes.ctest();
  const os::Child launcher = fakes.start(os::k_launcher_title, "r.1", 1);
  EXPECT_EQ(pids_of({ctest}), Pids{launcher.pid()});
  EXPECT_EQ(pids_of({ctest, 1}), Pids{launcher.pid()});
  EXPECT_EQ(pids_of({ctest, 2}), Pids{});
  EXPECT_EQ(pids_of({{ctest.pid, ctest.start + 1}}), Pids{});
  const os::Child later = fakes.start(os::k_guard_title, "r.2", 12);
  EXPECT_EQ(pids_of({ctest, 1}), Pids{launcher.pid()});
  EXPECT_EQ(pids_of({ctest, 12}), Pids{later.pid()});
}

// The guard of an attempt inside a test is a child of that test's guard when its launcher is dead.
TEST(Supervisor, AGuardIsAloneUnlessItsParentIsALauncher) {
  const FakeSupervisors fakes;
  const os::Child launcher = fakes.start(os::k_launcher_title, "r.1");
  const os::Child outer = fakes.start(os::k_guard_title, "r.2");
  os::ProcessStat guard = named("holdfast-guard");
  guard.parent = launcher.pid();
  EXPECT_FALSE(is_alone(guard));
  guard.parent = outer.pid();
  EXPECT_TRUE(is_alone(guard));
  guard.parent = ::getpid();
  EXPECT_TRUE(is_alone(guard));
}

TEST(Supervisor, OnlyAGuardWithoutItsLauncherIsAGuardAlone) {
  const FakeSupervisors fakes;
  EXPECT_FALSE(has_guard_alone(fakes.ctest()));
  const os::Child launcher = fakes.start(os::k_launcher_title, "r.1");
  EXPECT_FALSE(has_guard_alone(fakes.ctest()));
  const os::Child guard = fakes.start(os::k_guard_title, "r.2");
  EXPECT_TRUE(has_guard_alone(fakes.ctest()));
  EXPECT_FALSE(has_guard_alone({fakes.ctest().pid, fakes.ctest().start + 1}));
}

// It was stopped before its launcher was killed, or its launcher is busy.
TEST(GuardWatch, KnowsTheGuardOfItsLauncherAndHearsItsEnd) {
  const FakeSupervisors fakes;
  GuardWatch watch;
  EXPECT_EQ(watch.fd(), -1);
  EXPECT_EQ(watch.due(), k_longest);
  watch.begin(os::own_name(), Milliseconds{0});
  EXPECT_FALSE(watch.look(fakes.ctest())) << "it is not due";
  EXPECT_EQ(watch.fd(), -1);
  os::Child guard = fakes.start(os::k_guard_title, "r.1");
  (void)os::wait_for(-1, watch.due());
  EXPECT_FALSE(watch.look(fakes.ctest()));
  ASSERT_GE(watch.fd(), 0);
  EXPECT_EQ(watch.due(), k_longest) << "its end will be heard";
  guard.signal(SIGKILL);
  EXPECT_TRUE(os::readable(watch.fd()));
  (void)guard.wait();
  const Milliseconds before = os::monotonic_now();
  watch.guard_died();
  EXPECT_EQ(watch.fd(), -1);
  EXPECT_GT(watch.due(), before + Milliseconds{5'000}) << "its launcher has time to end the test";
  EXPECT_LT(watch.due(), before + Milliseconds{60'000});
  watch.end();
  EXPECT_EQ(watch.due(), k_longest);
}

}  // namespace
}  // namespace holdfast
