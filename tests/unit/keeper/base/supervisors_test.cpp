#include "keeper/base/keeper_socket.hpp"

#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace holdfast
