#include "run/run_lock.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/names.hpp"
#include "journal/records.hpp"
#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "run/fake_supervisors.hpp"
#include "run/heard_stderr.hpp"
#include "run/live_runs.hpp"

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

  std::string lock_file() const { return tree_.path(".holdfast/run-lock/lock"); }

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
  const os::UniqueFd file(::open(lock_file().c_str(), O_RDONLY | O_CLOEXEC));
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

TEST_F(RunLockTest, ATreeThatCannotBeLockedIsAWarningAndNoReasonNotToRun) {
  RunLockOrder order;
  order.tree = "/proc/no-such-tree";
  order.ctest = ctest_;
  const Result<RunLock> lock = take_run_lock(order, SecondRun::wait);
  ASSERT_TRUE(lock);
  EXPECT_FALSE(lock->held);
  EXPECT_TRUE(lock->warning.starts_with(
      "ignoring that another run may be at work in /proc/no-such-tree: failed to open "))
      << lock->warning;
}

// Whoever tidies the tree must know that nobody is at work there.
TEST_F(RunLockTest, WhatCannotBeReadIsNotKnownToBeFree) {
  (void)take();
  std::filesystem::rename(lock_file(), lock_file() + ".moved");
  std::filesystem::create_symlink(lock_file() + ".moved", lock_file());
  EXPECT_FALSE(is_tree_taken(tree_.path()));
  EXPECT_EQ(has_it(ctest_, numbering_), std::nullopt);
  RunStarted started;
  started.ctest = ctest_;
  started.boot = numbering_ + "/pid:[7]";
  EXPECT_EQ(is_witnessed(started, tree_.path()), std::nullopt);
}

// Other runs in the tree, and the stderr of a ctest that waits for it. A waiter is a process of its
// own: its helper has copies of all that it has.
class RunLockWaitTest : public RunLockTest {
 protected:
  // A ctest that has the tree, with its keeper: one process stands for both.
  os::Child holder(TreeUse use = TreeUse::alone) {
    os::Child child([this, use] {
      RunLockOrder order;
      order.tree = tree_.path();
      order.ctest = os::own_name();
      order.use = use;
      const Result<RunLock> lock = take_run_lock(order, SecondRun::share);
      told_.say(lock && lock->held ? "has it" : "has it not");
      return ::pause();
    });
    EXPECT_EQ(told_.hear(), "has it");
    return child;
  }
  // A ctest whose keeper was killed: on record, without the lock.
  os::Child orphaned() {
    os::Child child([] { return ::pause(); });
    Result<os::LockRequest> lock = open_tree_lock(tree_.path(), names::k_run_lock_directory,
                                                  {.name = "run", .scope = LockScope::build});
    EXPECT_TRUE(lock && lock->try_take());
    LockParty party;
    party.process = process_of(child);
    party.boot = numbering_;
    party.test = "ctest -j8";
    party.tree = tree_.path();
    party.since_unix_ms = os::unix_now_ms();
    lock->sign(party);
    return child;
  }
  // Another ctest, which wants the tree.
  os::Child waiter(SecondRun second, TreeUse use = TreeUse::alone,
                   const CtestSelection& selection = {}) {
    RunLockOrder order;
    order.tree = tree_.path();
    order.ctest = waiting_.process();
    order.use = use;
    order.selection = selection;
    order.ctest_version = "3.29.0";
    order.look_after_other = [](OtherKeeper keeper) {
      return std::string("looked after one that is ") +
             (keeper == OtherKeeper::killed ? "killed" : "there");
    };
    return os::Child([this, order, second] {
      const Result<RunLock> lock = take_run_lock(order, second);
      if (!lock) {
        told_.say(to_text(lock.error()));
      } else {
        told_.say(std::string(lock->held ? "had it" : "goes without") +
                  (lock->use == TreeUse::shared ? ", shared" : "") +
                  (lock->warning.empty() ? "" : ", " + lock->warning));
      }
      return 0;
    });
  }
  // All that the waiting ctest was told, unfolded; returns when that has `part`.
  bool is_told(const std::string& part) {
    const std::string fold = "\nholdfast:   ";
    return os::becomes_true([&] {
      lines_ += waiting_.heard();
      for (auto at = lines_.find(fold); at != std::string::npos; at = lines_.find(fold)) {
        lines_.replace(at, fold.size(), " ");
      }
      return lines_.find(part) != std::string::npos;
    });
  }

  os::Channel told_;
  HeardStderr waiting_;
  std::string lines_;
};

TEST_F(RunLockWaitTest, ARunIsToldWhomItWaitsForAndThatTheTreeIsFree) {
  os::Child first = holder();
  os::Child second = waiter(SecondRun::wait);
  EXPECT_TRUE(is_told("holdfast: waiting for this build tree, taken by \"")) << lines_;
  EXPECT_TRUE(is_told("runs = \"share\"")) << lines_;
  EXPECT_TRUE(is_told("looked after one that is there\n")) << lines_;
  EXPECT_LT(lines_.find("looked after"), lines_.find("waiting for")) << lines_;
  EXPECT_EQ(told_.hear(Milliseconds{0}), "<silence>");
  first.signal(SIGKILL);
  EXPECT_EQ(told_.hear(), "had it");
  EXPECT_TRUE(is_told("holdfast: this build tree is free after ")) << lines_;
  EXPECT_EQ(second.wait(), 0);
}

TEST_F(RunLockWaitTest, ACtestWhoseKeeperWasKilledHasTheTreeUntilItEnds) {
  os::Child first = orphaned();
  os::Child refused = waiter(SecondRun::refuse);
  EXPECT_TRUE(told_.hear().starts_with("this build tree is taken by \"ctest -j8\" (pid " +
                                       std::to_string(first.pid()) + ", for "));
  EXPECT_EQ(refused.wait(), 0);
  os::Child second = waiter(SecondRun::wait);
  EXPECT_TRUE(is_told("whose keeper is gone\n")) << lines_;
  EXPECT_TRUE(is_told("looked after one that is killed\n")) << lines_;
  EXPECT_EQ(told_.hear(Milliseconds{0}), "<silence>");
  first.signal(SIGKILL);
  (void)first.wait();
  EXPECT_EQ(told_.hear(), "had it");
  EXPECT_EQ(second.wait(), 0);
}

TEST_F(RunLockWaitTest, ACtestThatEndsWhileItWaitsGivesUp) {
  const os::Child first = holder();
  os::Child second = waiter(SecondRun::wait);
  EXPECT_TRUE(is_told("waiting for this build tree")) << lines_;
  ::kill(waiting_.process().pid, SIGKILL);
  EXPECT_EQ(told_.hear(), "ctest ended while it waited for its build tree");
  EXPECT_EQ(second.wait(), 0);
  EXPECT_TRUE(is_taken());
}

TEST_F(RunLockWaitTest, WhoSharesWaitsForOneThatIsAlone) {
  os::Child first = holder();
  os::Child second = waiter(SecondRun::share, TreeUse::shared);
  EXPECT_TRUE(is_told("waiting for this build tree")) << lines_;
  EXPECT_EQ(lines_.find("runs = \"share\""), std::string::npos) << lines_;
  first.signal(SIGKILL);
  EXPECT_EQ(told_.hear(), "had it, shared");
  EXPECT_EQ(second.wait(), 0);
}

// What the other one runs is not known, so it may be one of these tests.
TEST_F(RunLockWaitTest, WhoNamesItsTestsIsAloneIfAnotherMayRunOneOfThem) {
  os::Child first = holder(TreeUse::shared);
  os::Child whole = waiter(SecondRun::share, TreeUse::shared);
  EXPECT_EQ(told_.hear(), "had it, shared") << "a whole run always shares";
  EXPECT_EQ(whole.wait(), 0);
  os::Child second = waiter(SecondRun::share, TreeUse::shared, {CtestSelection::By::names, {"t"}});
  EXPECT_TRUE(is_told("waiting for this build tree")) << lines_;
  EXPECT_EQ(told_.hear(Milliseconds{0}), "<silence>");
  first.signal(SIGKILL);
  EXPECT_EQ(told_.hear(), "had it") << "alone";
  EXPECT_EQ(second.wait(), 0);
}

}  // namespace
}  // namespace holdfast
