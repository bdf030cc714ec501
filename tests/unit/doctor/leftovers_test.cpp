#include "doctor/tree/leftovers.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/log_line.hpp"
#include "doctor/found.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "run/nowhere.hpp"
#include "services/manual_service.hpp"

namespace holdfast::doctor {
namespace {

TEST(Leftovers, EachIsNamedWithItsRun) {
  Leftovers left{"/b"};
  EXPECT_EQ(kinds_of(check_leftovers(left)), Kinds{});
  left.unwanted = {{{12, "sleep"}, "t", "3-x"}};
  left.let_go = {{{13, "daemon"}, "u", "3-x"}};
  DeadRun dead;
  dead.id = "3-x";
  dead.lacks_end = true;
  dead.socket = "/tmp/holdfast-0/keepers/1-2-3";
  dead.stops = {"/b/.holdfast/runs/3-x/services/db-1.stop"};
  dead.far_jobs = {"/b/.holdfast/runs/3-x/far/1.job"};
  left.dead = {dead};
  left.lost_services = {"db"};
  left.markers = {"/b/.holdfast/runs/3-x/scratch/1/.markers"};
  left.last_run = "3-x";
  left.troubles = {"ignoring that x", "ignoring that y"};
  const Findings found = check_leftovers(left);
  ASSERT_EQ(kinds_of(found), (Kinds{"process_left", "process_let_go", "run_died", "socket_stale",
                                    "stop_command_left", "job_left", "service_lost", "markers_left",
                                    "last_run_trouble"}));
  EXPECT_EQ(found.back().what, "the log of run 3-x has 2 warnings: ignoring that x");
  EXPECT_EQ(found.back().command, "holdfast log 3-x --level warn --tree /b");
  EXPECT_EQ(found[0].what, "sleep (pid 12) is still running, left by \"t\" of run 3-x");
  EXPECT_EQ(found[0].command, "holdfast reap --tree /b");
  EXPECT_EQ(found[3].where, dead.socket.string());
  EXPECT_EQ(found[4].where, dead.stops[0].string());
  EXPECT_EQ(found[4].command, "holdfast reap --tree /b");
  EXPECT_EQ(found[5].where, dead.far_jobs[0].string());
  EXPECT_EQ(found[6].command, "holdfast service restart db --tree /b");
  EXPECT_EQ(found[7].where, left.markers[0]);
  EXPECT_EQ(found[7].command, "rm -r " + left.markers[0]);
}

// A line of the log of a run.
std::string logged(LogLevel level, const std::string& message) {
  LogLine line;
  line.level = level;
  line.part = "keeper";
  line.message = message;
  return text_of(line);
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(Leftovers, AreThoseOfRunsThatAreOverAndTheTroublesOfTheLastOne) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  const auto over = begun(origin, 1);
  origin.ctest = os::own_name();
  const auto goes_on = begun(origin, 2);
  const auto directory_of_run = [](const auto& run) {
    return std::filesystem::path(run.journal()).parent_path();
  };
  for (const auto* run : {&over, &goes_on}) {
    write_file(directory_of_run(*run) / "scratch/1/.markers/exit-17", "");
    std::filesystem::create_directories(directory_of_run(*run) / "scratch/2/.markers");
  }
  write_file(directory_of_run(over) / "holdfast.log", logged(LogLevel::error, "long ago"));
  write_file(directory_of_run(goes_on) / "holdfast.log", logged(LogLevel::info, "all is well") +
                                                             logged(LogLevel::warn, "slow disk") +
                                                             logged(LogLevel::error, "no disk"));
  ASSERT_TRUE(ManualService(tree.path(), "db").note(1));
  ASSERT_TRUE(ManualService(tree.path(), "web").note(1));
  ManualService(tree.path(), "web").forget();
  const Leftovers left = look_at_leftovers(tree.path());
  EXPECT_EQ(left.unseen, "");
  EXPECT_EQ(left.markers,
            std::vector<std::string>{(directory_of_run(over) / "scratch/1/.markers").string()});
  EXPECT_EQ(left.last_run, goes_on.id());
  EXPECT_EQ(left.troubles, (std::vector<std::string>{"slow disk", "no disk"}));
  EXPECT_EQ(left.lost_services, std::vector<std::string>{"db"});
  ASSERT_EQ(left.dead.size(), 1U);
  EXPECT_EQ(left.dead[0].id, over.id());
}

// Nobody knows whether a run is going on.
TEST(Leftovers, OfDeadRunsAreNotSeenIfTheLockOfTheTreeIsNot) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  const auto over = begun(origin, 1);
  std::filesystem::create_directories(tree.path(".holdfast/run-lock/lock"));
  const Leftovers left = look_at_leftovers(tree.path());
  EXPECT_TRUE(left.dead.empty());
  EXPECT_TRUE(left.unseen.starts_with("what dead runs left: failed to open ")) << left.unseen;
}

TEST(Leftovers, ARunThatHasEndedAndLeftAJobIsNotSaidToHaveDied) {
  Leftovers left{"/b"};
  DeadRun ended;
  ended.id = "3-x";
  ended.far_jobs = {"/b/.holdfast/runs/3-x/far/1.job"};
  left.dead = {ended};
  EXPECT_EQ(kinds_of(check_leftovers(left)), Kinds{"job_left"});
}

TEST(Leftovers, ARunDiedIfAnAttemptOfItHasNoEnd) {
  Leftovers left{"/b"};
  DeadRun dead;
  dead.id = "3-x";
  dead.unended.resize(2);
  left.dead = {dead};
  const Findings found = check_leftovers(left);
  ASSERT_EQ(kinds_of(found), Kinds{"run_died"});
  EXPECT_EQ(found[0].what, "run 3-x died, 2 attempts without an end");
}

}  // namespace
}  // namespace holdfast::doctor
