#include "base/process_name.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(KeeperAddress, IsMadeOfTheUsersDirectoryAndTheNameOfCtestAlone) {
  EXPECT_EQ(keeper_socket_path("/tmp/holdfast-1000", {4711, 99}, 4026531836),
            "/tmp/holdfast-1000/keepers/4711-99-4026531836");
}

TEST(KeeperAddress, ARecycledPidHasAnotherAddress) {
  EXPECT_NE(keeper_socket_path("/d", {4711, 99}, 7), keeper_socket_path("/d", {4711, 100}, 7));
  EXPECT_NE(keeper_socket_path("/d", {1, 11}, 1), keeper_socket_path("/d", {11, 1}, 1));
}

TEST(KeeperAddress, OnePidOfTwoNamespacesBegunInOneTickHasTwo) {
  EXPECT_NE(keeper_socket_path("/d", {1, 99}, 4026532200),
            keeper_socket_path("/d", {1, 99}, 4026532201));
}

TEST(KeeperAddress, TheLongestFitsAUnixSocketWithTheSuffixOfADraft) {
  constexpr std::size_t k_sun_path = 108;  // unix(7)
  const std::string longest =
      keeper_socket_path("/tmp/holdfast-4294967295", {2147483647, 18446744073709551615ULL},
                         4294967295) +
      ".2147483647";
  EXPECT_LT(longest.size(), k_sun_path);
}

TEST(KeeperAddress, ItsNameSaysWhoseItIs) {
  const std::string path = keeper_socket_path("/d", {4711, 99}, 7);
  const std::string name = path.substr(path.rfind('/') + 1);
  const NamespacedProcess whose{{4711, 99}, 7};
  EXPECT_EQ(parse_file_name(name), whose);
  EXPECT_EQ(parse_file_name(keeperless_flag(name)), whose);
  EXPECT_EQ(parse_file_name(name + ".2147483647"), whose);
  EXPECT_EQ(parse_file_name("4711-99"), (NamespacedProcess{{4711, 99}, std::nullopt}));
}

TEST(KeeperAddress, AnyOtherNameIsNoKeepers) {
  for (const char* name : {"", ".", "..", "4711", "x-99-7", "4711-x-7", "4711-99-", "4711-99-x",
                           "4711-99-7x", "4711-99-7-1", "0-99-7", "-4711-99-7", "4711--7"}) {
    EXPECT_FALSE(parse_file_name(name)) << name;
  }
}

}  // namespace
}  // namespace holdfast
