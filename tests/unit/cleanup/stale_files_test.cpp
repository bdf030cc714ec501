#include "cleanup/stale_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "base/names.hpp"
#include "base/process_name.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/test_lock.hpp"
#include "run/fake_supervisors.hpp"
#include "run/keeper_socket.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

// In the directory of this user, which others use at the same time: names of our own.
class StaleScratch : public testing::Test {
 protected:
  StaleScratch() {
    const Result<os::UniqueFd> user = os::open_user_directory();
    EXPECT_TRUE(user && os::open_below(*user, std::string(names::k_user_scratch_directory), 0700));
  }
  ~StaleScratch() override {
    for (const fs::path& one : made_) fs::remove_all(one);
  }

  // With a file in it, that old. It gets its name last: an empty one may be swept at once.
  fs::path make(const std::string& name, std::chrono::hours age) {
    made_.push_back(fs::path(os::user_directory_path()) / names::k_user_scratch_directory / name);
    const fs::path nameless =
        made_.back().parent_path() / ("holdfast-test-" + std::to_string(::getpid()));
    fs::create_directory(nameless);
    std::ofstream(nameless / "file") << "text";
    fs::last_write_time(nameless, fs::file_time_type::clock::now() - age);
    fs::rename(nameless, made_.back());
    return made_.back();
  }
  static std::string tmp_of(const ProcessName& launcher) {
    return file_name_of(launcher, os::own_pid_namespace()) +
           std::string(names::k_private_tmp_suffix);
  }

  std::vector<fs::path> made_;
};

TEST_F(StaleScratch, ATmpWhoseScratchDirectoryWasRemovedGoesAfterADay) {
  constexpr std::chrono::hours k_long{48};
  const fs::path old = make(tmp_of(dead_process()), k_long);
  const fs::path fresh = make(tmp_of(dead_process()), std::chrono::hours{1});
  const fs::path in_use = make(tmp_of(os::own_name()), k_long);
  const fs::path others = make("holdfast-test-notes.tmp", k_long);
  const ProcessName launcher = dead_process();
  const fs::path scratch = make(file_name_of(launcher, os::own_pid_namespace()), k_long);
  const fs::path beside = make(tmp_of(launcher), k_long);
  remove_stale_scratch();
  EXPECT_FALSE(fs::exists(old));
  for (const fs::path& stays : {fresh, in_use, others, scratch, beside}) {
    EXPECT_TRUE(fs::exists(stays / "file")) << stays;
  }
}

// Any keeper that starts meanwhile sweeps, too: what is to go may be gone early.
TEST_F(StaleScratch, ADirectoryOfADeadLauncherGoesIfNoFileIsInIt) {
  std::error_code gone;
  const auto name_of = [](const ProcessName& launcher) {
    return file_name_of(launcher, os::own_pid_namespace());
  };
  const fs::path empty = make(name_of(dead_process()), {});
  const fs::path living = make(name_of(os::own_name()), {});
  for (const fs::path& one : {empty, living}) {
    fs::remove(one / "file", gone);
    fs::create_directory(one / names::k_marker_directory, gone);
  }
  const fs::path evidence = make(name_of(dead_process()), {});
  // Its link leads to its own /tmp, which has a file.
  const ProcessName launcher = dead_process();
  const fs::path tmp = make(tmp_of(launcher), {});
  const fs::path kept = make(name_of(launcher), {});
  fs::create_symlink(tmp, kept / names::k_private_tmp_link);
  fs::remove(kept / "file");
  remove_stale_scratch();
  EXPECT_FALSE(fs::exists(empty));
  EXPECT_TRUE(fs::exists(living));
  EXPECT_TRUE(fs::exists(evidence / "file"));
  EXPECT_TRUE(fs::exists(tmp / "file"));
  EXPECT_TRUE(fs::is_symlink(kept / names::k_private_tmp_link));
  fs::create_directories(tmp / "tmp/empty", gone);
  fs::remove(tmp / "file", gone);
  remove_stale_scratch();
  EXPECT_FALSE(fs::exists(kept));
  EXPECT_FALSE(fs::exists(tmp));
}

TEST_F(StaleScratch, AnotherPidNamespacesTmpStaysForADay) {
  const std::uint64_t other = os::own_pid_namespace() + 1;
  const auto tmp = [&](std::chrono::hours age) {
    return make(file_name_of(dead_process(), other) + std::string(names::k_private_tmp_suffix),
                age);
  };
  const fs::path fresh = tmp(std::chrono::hours{1});
  const fs::path old = tmp(std::chrono::hours{48});
  remove_stale_scratch();
  EXPECT_TRUE(fs::exists(fresh));
  EXPECT_FALSE(fs::exists(old));
}

// A keeper's, by the name of its ctest. Nobody listens at any of them.
class StaleSockets : public testing::Test {
 protected:
  StaleSockets() {
    const Result<os::UniqueFd> user = os::open_user_directory();
    EXPECT_TRUE(user && os::open_below(*user, std::string(names::k_user_keepers_directory), 0700));
  }
  ~StaleSockets() override {
    for (const fs::path& one : made_) fs::remove(one);
  }
  fs::path make(const std::string& name, std::chrono::hours age = {}) {
    made_.push_back(fs::path(os::user_directory_path()) / names::k_user_keepers_directory / name);
    os::listen_at(made_.back().string()).socket.reset();
    // A keeper that starts at this moment may have removed it.
    std::error_code gone;
    fs::last_write_time(made_.back(), fs::file_time_type::clock::now() - age, gone);
    return made_.back();
  }

  std::vector<fs::path> made_;
};

TEST_F(StaleSockets, ThoseOfDeadCtestsGoAndThoseOfOtherPidNamespacesAfterADay) {
  const std::uint64_t own = os::own_pid_namespace();
  const fs::path dead = make(file_name_of(dead_process(), own));
  const fs::path living = make(file_name_of(os::own_name(), own));
  const fs::path elsewhere = make(file_name_of(dead_process(), own + 1));
  const fs::path old = make(file_name_of(dead_process(), own + 1), std::chrono::hours{48});
  const fs::path others = make("holdfast-test-" + std::to_string(::getpid()));
  remove_stale_sockets();
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(living)) << "its keeper may be about to be started anew";
  EXPECT_TRUE(fs::exists(elsewhere));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(others));
}

TEST_F(StaleSockets, OneAtWhichSomebodyListensStays) {
  const ProcessName ctest = dead_process();
  const std::string path = keeper_socket_path_here(ctest);
  made_.emplace_back(path);
  const os::Listening keeper = os::listen_at(path);
  ASSERT_TRUE(keeper.socket.valid());
  remove_stale_sockets();
  EXPECT_TRUE(fs::exists(path)) << "ctest is dead, and its keeper works on";
}

// Whoever calls `holdfast reap` meanwhile removes them, too.
TEST(StaleLevels, GoUnlessARunInsideTheAttemptHasTheLock) {
  os::TestLock lock;
  lock.home().tree = "/holdfast-test-" + std::to_string(::getpid());
  const auto make = [&](const std::string& spec, const std::string& attempt) {
    const LockSpec parsed = *parse_lock_spec(spec);
    (void)lock.request(spec, {.attempt = attempt});
    return fs::path(os::user_directory_path()) / names::k_user_locks_directory /
           place_of(parsed, lock.home()) / os::level_directory(attempt);
  };
  os::LockRequest inner = lock.request("db", {.attempt = "r.2"});
  ASSERT_TRUE(os::takes(inner));
  const fs::path had = make("db", "r.2");
  const fs::path project = make("db", "r.1");
  const fs::path build = make("db@build", "r.1");
  remove_stale_levels(lock.home());
  EXPECT_FALSE(fs::exists(project));
  EXPECT_FALSE(fs::exists(build));
  EXPECT_TRUE(fs::exists(had / names::k_lock_file));
  const fs::path again = make("db", "r.1");
  remove_all_stale_levels();
  EXPECT_FALSE(fs::exists(again));
  EXPECT_TRUE(fs::exists(had / names::k_lock_file));
}

}  // namespace
}  // namespace holdfast
