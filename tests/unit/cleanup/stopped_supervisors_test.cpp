#include "cleanup/stopped_supervisors.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "run/fake_supervisors.hpp"

namespace holdfast {
namespace {

constexpr CtestState k_states[] = {CtestState::running, CtestState::stopped, CtestState::dead};

TEST(StoppedSupervisor, GoesOnIfJobControlDoesNotReachIt) {
  for (const CtestState ctest : k_states) {
    for (const bool has_keeper : {false, true}) {
      EXPECT_TRUE(is_to_go_on({true, has_keeper, ctest}));
    }
  }
}

TEST(StoppedSupervisor, GoesOnIfNobodyElseWouldContinueIt) {
  const struct {
    bool has_keeper;
    CtestState ctest;
    bool goes_on;
  } rows[] = {
      {false, CtestState::running, true},  {true, CtestState::running, false},
      {false, CtestState::stopped, false}, {true, CtestState::stopped, false},
      {false, CtestState::dead, true},     {true, CtestState::dead, true},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(is_to_go_on({false, row.has_keeper, row.ctest}), row.goes_on)
        << "row " << (&row - rows);
  }
}

os::Child stopped() {
  os::Child child([] { return ::pause(); });
  child.signal(SIGSTOP);
  EXPECT_TRUE(os::becomes_true([&] { return os::is_stopped(child.pid()); }));
  return child;
}

bool goes_on(const os::Child& child) {
  return os::is_alive(process_of(child)) &&
         os::becomes_true([&] { return !os::is_stopped(child.pid()); });
}

// ctest runs, and has no keeper.
TEST(StoppedSupervisor, IsFoundByItsTreeAndWithWhatBecomesOfIt) {
  const FakeSupervisors fakes;
  const os::Child running = fakes.start(os::k_guard_title, "r.1");
  const os::Child launcher = fakes.start(os::k_launcher_title, "r.2");
  const os::Child guard = fakes.start(os::k_guard_title, "r.3");
  for (const os::Child* child : {&launcher, &guard}) {
    child->signal(SIGSTOP);
    ASSERT_TRUE(os::becomes_true([&] { return os::is_stopped(child->pid()); }));
  }
  std::vector<StoppedSupervisor> found = find_stopped(fakes.tree());
  std::ranges::sort(found, std::ranges::greater(), &StoppedSupervisor::name);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].process, process_of(launcher));
  EXPECT_EQ(found[0].name, os::k_launcher_name);
  EXPECT_EQ(found[0].then, GoingOn::works);
  EXPECT_EQ(found[1].process, process_of(guard));
  EXPECT_EQ(found[1].name, os::k_guard_name);
  EXPECT_EQ(found[1].then, GoingOn::may_end);
  EXPECT_TRUE(find_stopped(fakes.tree() + "x").empty());
}

TEST(StoppedSupervisor, IsFoundThoughCtestCameToTheTreeByALink) {
  const os::Scratch elsewhere;
  FakeSupervisors fakes;
  fakes.attached = elsewhere.path("link");
  std::filesystem::create_symlink(fakes.tree(), fakes.attached);
  const os::Child guard = fakes.start(os::k_guard_title, "r.1");
  guard.signal(SIGSTOP);
  ASSERT_TRUE(os::becomes_true([&] { return os::is_stopped(guard.pid()); }));
  EXPECT_EQ(find_stopped(std::filesystem::canonical(fakes.tree())).size(), 1U);
}

TEST(StoppedSupervisor, IsKilledIfItMustEndAndDoesNot) {
  const os::Child works = stopped();
  const os::Child may_end = stopped();
  os::Child must_end = stopped();
  let_go_on({{process_of(works), "works", GoingOn::works},
             {process_of(may_end), "may_end", GoingOn::may_end},
             {process_of(must_end), "must_end", GoingOn::must_end}},
            Milliseconds{20});
  EXPECT_EQ(must_end.wait(), 1000 + SIGKILL);
  EXPECT_TRUE(goes_on(works));
  EXPECT_TRUE(goes_on(may_end));
}

TEST(StoppedSupervisor, IsNotKilledByWhoDoesNotWait) {
  const os::Child must_end = stopped();
  let_go_on({{process_of(must_end), "must_end", GoingOn::must_end}}, Milliseconds{0});
  EXPECT_TRUE(goes_on(must_end));
}

TEST(StoppedSupervisor, IsNamed) {
  EXPECT_EQ(describe(std::vector<StoppedSupervisor>{{{7, 1}, "holdfast-launch"},
                                                    {{8, 1}, "holdfast-guard"}}),
            "2 stopped processes of Holdfast: holdfast-launch (pid 7), holdfast-guard (pid 8)");
}

}  // namespace
}  // namespace holdfast
