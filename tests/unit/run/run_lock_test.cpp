#include "run/run_lock.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"

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

TEST_F(RunLockTest, OfTwoRunsThatShareItEachHasItUntilItGivesItBack) {
  const os::Child other([] { return ::pause(); });
  const ProcessName second{other.pid(), os::read_process_stat(other.pid())->start};
  const auto share = [&](const ProcessName& ctest) {
    RunLockOrder order;
    order.tree = tree_.path();
    order.ctest = ctest;
    order.use = TreeUse::shared;
    Result<RunLock> lock = take_run_lock(order, SecondRun::share);
    EXPECT_TRUE(lock);
    return lock ? std::move(*lock) : RunLock{};
  };
  RunLock first = share(ctest_);
  const RunLock later = share(second);
  ASSERT_TRUE(first.held && later.held);
  EXPECT_EQ(later.use, TreeUse::shared);
  EXPECT_EQ(has_it(ctest_, numbering_), true);
  EXPECT_EQ(has_it(second, numbering_), true);
  give_back(first, ctest_);
  EXPECT_EQ(has_it(ctest_, numbering_), false);
  EXPECT_EQ(has_it(second, numbering_), true);
  EXPECT_TRUE(is_taken());
}

TEST_F(RunLockTest, NobodyHasATreeThatIsNone) {
  std::ofstream(tree_.path("file")) << "text";
  EXPECT_EQ(has_tree(ctest_, numbering_, tree_.path("file")), false);
  EXPECT_EQ(has_tree(ctest_, numbering_, tree_.path("missing")), false);
}

// A process in the place of ctest: a shell that takes -C, too, and reads what nobody writes.
TEST_F(RunLockTest, TheTestsInAFileAreKnownByTheirNames) {
  const std::string script = tree_.path("script");
  const std::string file = tree_.path("names");
  std::ofstream(script) << "read line\n";
  std::ofstream(file) << "b\n\na\n";
  const os::Pipe silence = std::move(*os::make_pipe());
  const auto selection = [&](const std::string& names) {
    const std::vector<std::string> words{"ctest", "-C", script, "--tests-from-file", names};
    const os::Child ctest([&] {
      ::dup2(silence.read.get(), STDIN_FILENO);
      ::execv("/bin/sh", os::pointers_to(words).data());
      return 2;
    });
    EXPECT_TRUE(os::becomes_true([&] { return os::command_of(ctest.pid()) == words; }));
    return selection_of({ctest.pid(), os::read_process_stat(ctest.pid())->start}, "3.29.0");
  };
  const CtestSelection known = selection(file);
  EXPECT_EQ(known.by, CtestSelection::By::names);
  EXPECT_EQ(known.tests, (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(selection(tree_.path("missing")).is_whole());
  EXPECT_TRUE(selection("names").is_whole()) << "ctest may have left its directory";
}

TEST_F(RunLockTest, IsRefusedOrNotAskedForWhereTheSettingsSaySo) {
  const RunLock lock = take();
  RunLockOrder order;
  order.tree = tree_.path();
  order.ctest = ctest_;
  const Milliseconds before = os::monotonic_now();
  const Result<RunLock> refused = take_run_lock(order, SecondRun::refuse);
  EXPECT_LT(os::monotonic_now() - before, Milliseconds{5'000}) << "it is refused at once";
  ASSERT_FALSE(refused);
  EXPECT_TRUE(to_text(refused.error()).starts_with("this build tree is taken by \""))
      << to_text(refused.error());
  const Result<RunLock> allowed = take_run_lock(order, SecondRun::allow);
  ASSERT_TRUE(allowed);
  EXPECT_FALSE(allowed->held);
  EXPECT_EQ(allowed->warning, "");
}

}  // namespace
}  // namespace holdfast
