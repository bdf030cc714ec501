#include "keeper/tree/run_lock.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>

#include "../os/scratch.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// This process is in the place of ctest.
class RunLockTest : public testing::Test {
 protected:
  RunLock take() const {
    RunLockOrder order;
    order.tree = tree_.path();
    order.ctest = ctest_;
    Result<RunLock> lock = take_run_lock(order, SecondRun::wait);
    EXPECT_TRUE(lock);
    return lock ? std::move(*lock) : RunLock{};
  }
  std::optional<bool> has_it(const ProcessName& ctest, std::string_view numbering) const {
    return has_tree(ctest, numbering, tree_.path());
  }
  bool is_taken() const {
    const Result<bool> taken = is_tree_taken(tree_.path());
    EXPECT_TRUE(taken);
    return taken && *taken;
  }

  os::Scratch tree_;
  ProcessName ctest_ = os::own_name();
  std::string numbering_ = os::numbering_id();
};

TEST_F(RunLockTest, IsThatOfOneCtestInOnePidNamespace) {
  EXPECT_EQ(has_it(ctest_, numbering_), false);
  const RunLock lock = take();
  ASSERT_TRUE(lock.held);
  EXPECT_EQ(lock.warning, "");
  EXPECT_EQ(has_it(ctest_, numbering_), true);
  EXPECT_EQ(has_it(ctest_, numbering_ + "/pid:[7]"), false);
  EXPECT_EQ(has_it({ctest_.pid, ctest_.start + 1}, numbering_), false);
  EXPECT_TRUE(is_taken());
}

// A record that is left looks as if the keeper of a living ctest was killed, so others would wait.
TEST_F(RunLockTest, LeavesNoRecordWhereItIsGivenBackWhileCtestLives) {
  RunLock lock = take();
  give_back(lock, ctest_);
  EXPECT_FALSE(lock.held);
  EXPECT_FALSE(is_taken());
  const os::UniqueFd file(
      ::open(tree_.path(".holdfast/run-lock/lock").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(file.valid());
  EXPECT_TRUE(os::all_records(file.get(), os::RecordList::holders).empty());
}

}  // namespace
}  // namespace holdfast
