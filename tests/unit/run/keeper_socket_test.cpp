#include "run/keeper_socket.hpp"

#include <gtest/gtest.h>

#include "os/process/process.hpp"

namespace holdfast {
namespace {

TEST(KeeperSocket, ANumberingThatNamesNoPidNamespaceIsOfTheFirst) {
  constexpr std::uint64_t k_first = 4026531836;  // PROC_PID_INIT_INO of linux/proc_ns.h
  EXPECT_EQ(pid_namespace_in("5f0c-boot"), k_first);
  EXPECT_EQ(pid_namespace_in(""), k_first);
  EXPECT_EQ(pid_namespace_in("5f0c-boot/pid:[4026532200]"), 4026532200U);
  EXPECT_EQ(pid_namespace_in("5f0c-boot/pid:[]"), 0U);
}

TEST(KeeperSocket, OurOwnNumberingNamesOurOwnPidNamespace) {
  if (os::numbering_id().empty()) GTEST_SKIP() << "the boot id cannot be read";
  EXPECT_EQ(pid_namespace_in(os::numbering_id()), os::own_pid_namespace());
}

}  // namespace
}  // namespace holdfast
