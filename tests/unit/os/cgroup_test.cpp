#include "os/containment/cgroup.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>

#include "os/file/own_files.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/execute.hpp"
#include "os/sanitized.hpp"
#include "os/scratch.hpp"
#include "os/tree.hpp"

namespace holdfast::os {
namespace {

using Killing = CgroupProcesses::Killing;

constexpr Milliseconds k_soon{10'000};

std::string own_name(const char* what) {
  return "holdfast-test-" + std::string(what) + "-" + std::to_string(::getpid());
}

// Skips if this user has no cgroup of its own.
class CgroupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Result<Cgroup> made = Cgroup::make(own_name("probe"));
    if (!made) GTEST_SKIP() << "failed to " << made.error().message;
    ASSERT_TRUE(made->remove());
  }
};

// Called in the child, between fork and the habit.
void join(const Cgroup& cgroup) {
  if (!write_cgroup_file(cgroup.directory(), "cgroup.procs", "0")) ::_exit(98);
}

int not_shown_here() {
  ::dprintf(2, "not shown here: needs a mount namespace\n");
  return 0;
}

TEST_F(CgroupTest, WhoForksAllTheTimeIsEndedByEitherWayOfKilling) {
  for (Killing killing : {Killing::at_once, Killing::one_by_one}) {
    as_parent_of_a_tree([killing](Tree& tree) {
      const Result<Cgroup> cgroup = Cgroup::make(own_name("flee"));
      TREE_CHECK(cgroup);
      for (int i = 0; i < 3; ++i) {
        tree.start([&] {
          join(*cgroup);
          tree.ready();
          flee();
        });
      }
      CgroupProcesses members(cgroup->directory(), killing);
      TREE_CHECK(!members.is_empty());
      Unwatched watcher;
      const Milliseconds start = monotonic_now();
      TREE_CHECK(end_processes(members, {SIGTERM, Milliseconds{50}, {}}, watcher).empty());
      TREE_CHECK(monotonic_now() - start < k_soon);
      TREE_CHECK(members.living().empty());
      TREE_CHECK(cgroup->remove());
      TREE_CHECK(tree.nobody_is_left());
      return 0;
    });
  }
}

TEST_F(CgroupTest, ThePoliteSignalIsEnoughForThePoliteAndTheirEndIsNoticedAtOnce) {
  as_parent_of_a_tree([](Tree& tree) {
    const Result<Cgroup> cgroup = Cgroup::make(own_name("polite"));
    TREE_CHECK(cgroup);
    const pid_t pid = tree.start([&] {
      join(*cgroup);
      tree.ready();
      stay();
    });
    CgroupProcesses members(cgroup->directory());
    const std::vector<NamedProcess> living = members.living();
    TREE_CHECK(living.size() == 1 && living[0].pid == pid);
    Unwatched watcher;
    const Milliseconds start = monotonic_now();
    TREE_CHECK(end_processes(members, {SIGTERM, Milliseconds{30'000}, {}}, watcher).empty());
    TREE_CHECK(monotonic_now() - start < k_soon);
    tree.end(0, Milliseconds{0});
    TREE_CHECK(WTERMSIG(tree.reaped().at(pid)) == SIGTERM);
    TREE_CHECK(cgroup->remove());
    return 0;
  });
}

TEST_F(CgroupTest, CgroupsBelowItAreOfItAndGoWithIt) {
  as_parent_of_a_tree([](Tree& tree) {
    const Result<Cgroup> cgroup = Cgroup::make(own_name("outer"));
    TREE_CHECK(cgroup);
    TREE_CHECK(::mkdirat(cgroup->directory(), "inner", 0755) == 0);
    const Cgroup inner("inner", open_directory(cgroup->directory(), "inner"));
    for (Killing killing : {Killing::at_once, Killing::one_by_one}) {
      tree.start([&] {
        join(inner);
        tree.ready();
        ignore_term_and_stay();
      });
      CgroupProcesses members(cgroup->directory(), killing);
      TREE_CHECK(members.living().size() == 1);
      Unwatched watcher;
      TREE_CHECK(end_processes(members, {0, Milliseconds{0}, {}}, watcher).empty());
      // As it was before, for the next round.
      TREE_CHECK(write_cgroup_file(cgroup->directory(), "cgroup.freeze", "0"));
    }
    TREE_CHECK(cgroup->remove());
    return 0;
  });
}

TEST_F(CgroupTest, WhoIsLetGoLivesOnAboveIt) {
  as_parent_of_a_tree([](Tree& tree) {
    const Result<Cgroup> cgroup = Cgroup::make(own_name("let-go"));
    TREE_CHECK(cgroup);
    const pid_t pid = tree.start([&] {
      join(*cgroup);
      tree.ready();
      stay();
    });
    cgroup->let_go();
    TREE_CHECK(cgroup_members(cgroup->directory()).empty());
    TREE_CHECK(cgroup->remove());
    TREE_CHECK(read_process_stat(pid)->state != 'Z');
    return 0;
  });
}

TEST_F(CgroupTest, ACommandIsStartedInItByTheNewWayAndByTheOld) {
  SKIP_UNDER_TSAN(k_has_no_vfork);
  as_parent_of_a_tree([](Tree& tree) {
    const Result<Cgroup> cgroup = Cgroup::make(own_name("spawn"));
    TREE_CHECK(cgroup);
    const Result<UniqueFd> entrance = cgroup->open_entrance();
    TREE_CHECK(entrance);
    char program[] = "sleep";
    char time[] = "30";
    char missing[] = "/nonexistent";
    char* words[] = {program, time, nullptr};
    char* none[] = {missing, nullptr};
    for (int directory : {cgroup->directory(), -1}) {
      Command command{words, ::environ};
      command.cgroup = directory;
      command.entrance = entrance->get();
      const Spawned spawned = spawn(command, {});
      TREE_CHECK(spawned.error == 0 && spawned.entrance_error == 0);
      TREE_CHECK(cgroup_members(cgroup->directory()) == std::vector<pid_t>{spawned.pid});
      tree.end(SIGKILL, Milliseconds{0});
      command.arguments = none;
      TREE_CHECK(spawn(command, {}).error == ENOENT);
      tree.end(SIGKILL, Milliseconds{0});
    }
    TREE_CHECK(cgroup->remove());
    return 0;
  });
}

TEST_F(CgroupTest, ItIsForsakenWhenWhoMadeItIsDead) {
  const std::string name = own_name("forsaken");
  Channel made;
  Child maker([&] {
    const Result<Cgroup> cgroup = Cgroup::make(name);
    made.say(cgroup ? "made" : "not made");
    stay();
    return 0;
  });
  ASSERT_EQ(made.hear(), "made");
  EXPECT_TRUE(forsaken_cgroups(name).empty());
  maker.signal(SIGKILL);
  EXPECT_EQ(maker.wait(), 1000 + SIGKILL);
  const std::vector<Cgroup> found = forsaken_cgroups(name);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name(), name);
  EXPECT_TRUE(found[0].remove());
  EXPECT_TRUE(forsaken_cgroups(name).empty());
}

TEST_F(CgroupTest, OneThatIsPopulatedIsNotRemovedAndOneThatIsGoneIs) {
  as_parent_of_a_tree([](Tree& tree) {
    const Result<Cgroup> cgroup = Cgroup::make(own_name("busy"));
    TREE_CHECK(cgroup);
    tree.start([&] {
      join(*cgroup);
      tree.ready();
      stay();
    });
    TREE_CHECK(!cgroup->remove());
    tree.end(0, Milliseconds{0});
    TREE_CHECK(cgroup->remove());
    TREE_CHECK(cgroup->remove());
    return 0;
  });
}

// Gives this process mounts of its own. They must exist before the cgroup's directory is opened:
// that belongs to the mounts of the moment.
bool has_own_mounts() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// Makes a directory in the cgroup busy: it is a mount point. No event tells the end of that.
bool make_busy(const std::string& inner) {
  return ::mkdir(inner.c_str(), 0755) == 0 &&
         ::mount(inner.c_str(), inner.c_str(), nullptr, MS_BIND, nullptr) == 0;
}

bool sleeps(pid_t pid) {
  const Result<ProcessStat> stat = read_process_stat(pid);
  return stat && stat->state == 'S';
}

TEST_F(CgroupTest, OneThatIsBusyWithNobodyInItIsRemovedWhenItIsNotBusyAnyMore) {
  as_parent_of_a_tree([](Tree& tree) {
    if (!has_own_mounts()) return not_shown_here();
    const Result<Cgroup> cgroup = Cgroup::make(own_name("mounted"));
    TREE_CHECK(cgroup);
    const std::string inner = "/proc/self/fd/" + std::to_string(cgroup->directory()) + "/inner";
    TREE_CHECK(make_busy(inner));
    const pid_t remover = ::getpid();
    Channel go;
    tree.start([&] {
      tree.ready();
      go.hear();
      // This waits until the remover waits. That this process joins and leaves is the event.
      const Milliseconds until = monotonic_now() + k_soon;
      while (!sleeps(remover) && monotonic_now() < until) ::sched_yield();
      ::umount2(inner.c_str(), MNT_DETACH);
      join(*cgroup);
    });
    go.say("go");
    TREE_CHECK(cgroup->remove());
    TREE_CHECK(::faccessat(cgroup->directory(), "inner", F_OK, 0) != 0);
    return 0;
  });
}

TEST(CgroupMemory, ThePeakIsWhatTheFileSaysAndNothingWhereThereIsNone) {
  const Scratch scratch;
  const UniqueFd directory = scratch.open();
  EXPECT_EQ(memory_peak_kb(directory.get()), 0);
  ASSERT_TRUE(append_line(scratch.path("memory.peak"), "73728000\n"));
  EXPECT_EQ(memory_peak_kb(directory.get()), 72000);
}

}  // namespace
}  // namespace holdfast::os
