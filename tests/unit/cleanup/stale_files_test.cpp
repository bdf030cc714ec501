#include "cleanup/stale_files.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/names.hpp"
#include "base/process_name.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/process.hpp"
#include "run/fake_supervisors.hpp"

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

  // With a file in it, that old.
  fs::path make(const std::string& name, std::chrono::hours age) {
    made_.push_back(fs::path(os::user_directory_path()) / names::k_user_scratch_directory / name);
    fs::create_directory(made_.back());
    std::ofstream(made_.back() / "file") << "text";
    fs::last_write_time(made_.back(), fs::file_time_type::clock::now() - age);
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

}  // namespace
}  // namespace holdfast
