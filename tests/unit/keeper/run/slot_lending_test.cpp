#include "keeper/run/slot_lending.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "core/settings/wire.hpp"
#include "fake_supervisors.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast {
namespace {

// One test runs, of a `ctest -j3`.
class SlotLendingTest : public testing::Test {
 protected:
  SlotLendingTest() {
    order_.ctest = process_of(ctest_);
    order_.tree = tree_.path();
    order_.directory = directory_.path();
    tests_[0].attempt = "r.1";
  }

  // The batch's end of its connection.
  os::UniqueFd borrow(SlotLending& slots) {
    auto ends = std::move(*os::packet_pair());
    slots.begin(std::move(ends.first), tests_[0], tests_);
    return std::move(ends.second);
  }

  FakeSupervisors fakes_;
  os::Child ctest_ = fakes_.start("ctest", "script", 1, {"-j3"});
  os::Scratch tree_;
  os::Scratch directory_;
  KeeperOrder order_;
  std::vector<Connection> tests_ = std::vector<Connection>(1);
};

TEST_F(SlotLendingTest, LendsWhatNoTestHas) {
  SlotLending slots(order_);
  const os::UniqueFd batch = borrow(slots);
  EXPECT_FALSE(os::is_hung_up(batch.get()));
  ASSERT_TRUE(os::send_message(batch.get(), wire::Message(wire::k_slots, {{"wanted", "5"}})));
  EXPECT_TRUE(os::becomes_true([&] {
    slots.look(tests_);
    return os::is_readable(batch.get());
  }));
  const Result<wire::Message> lent = os::receive_message(batch.get()).message;
  ASSERT_TRUE(lent);
  EXPECT_EQ(lent->kind, wire::k_slots);
  EXPECT_EQ(lent->get("lent"), "2");
}

// ctest reads these files in its directory and in the build tree.
TEST_F(SlotLendingTest, LendsNothingWhereAFileOfCtestsLimitsTheLoad) {
  for (const std::string& directory : {tree_.path(), directory_.path()}) {
    for (const char* name : {"/CTestConfiguration.ini", "/DartConfiguration.tcl"}) {
      const std::string file = directory + name;
      std::ofstream(file) << "TestLoad: 4\n";
      SlotLending slots(order_);
      EXPECT_TRUE(os::is_hung_up(borrow(slots).get())) << file;
      std::filesystem::remove(file);
    }
  }
}

}  // namespace
}  // namespace holdfast
