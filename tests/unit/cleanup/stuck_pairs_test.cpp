#include "cleanup/stopped_supervisors.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include "run/fake_supervisors.hpp"

namespace holdfast {
namespace {

using Words = std::vector<std::string>;

TEST(StuckPair, IsThatOfTheAttemptThatItsCommandLineNames) {
  EXPECT_TRUE(names_attempt({"holdfast-guard", "7-42"}, "7-42"));
  // The rest of the original command line is blank.
  EXPECT_TRUE(names_attempt({"holdfast-guard", "7-42", "", ""}, "7-42"));
  EXPECT_FALSE(names_attempt({"holdfast-guard", "7-42"}, "7-4"));
  EXPECT_FALSE(names_attempt({"holdfast-guard", "7-4"}, "7-42"));
  EXPECT_FALSE(names_attempt({"7-42"}, "7-42"));
  EXPECT_FALSE(names_attempt(Words{}, ""));
}

TEST(StuckPair, OfForsakenGuardsOnlyThatOfTheAttemptIsKilled) {
  const FakeSupervisors fakes;
  os::Child guard = fakes.start(os::k_guard_title, "r.1");
  const os::Child other = fakes.start(os::k_guard_title, "r.2");
  const os::Child launcher = fakes.start(os::k_launcher_title, "r.1");
  EXPECT_TRUE(kill_forsaken_guard({fakes.ctest()}, "r.1"));
  EXPECT_EQ(guard.wait(), 1000 + SIGKILL);
  EXPECT_TRUE(os::is_alive(process_of(other)));
  EXPECT_TRUE(os::is_alive(process_of(launcher)));
  EXPECT_FALSE(kill_forsaken_guard({fakes.ctest()}, "r.1"));
}

}  // namespace
}  // namespace holdfast
