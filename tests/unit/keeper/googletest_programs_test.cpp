#include "keeper/attempt_grants.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "os/process/process.hpp"
#include "os/scratch.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

// This program has GoogleTest in it. A fixture may build the program of a later test.
TEST(GoogletestPrograms, AProgramIsReadAnewWhenItHasChanged) {
  const Result<std::string> own = os::own_program();
  ASSERT_TRUE(own);
  const os::Scratch scratch;
  const std::string path = scratch.path("t");
  GoogletestPrograms programs;
  EXPECT_FALSE(programs.look_at(path).is_googletest);
  std::ofstream(path) << "#!/bin/sh\n";
  EXPECT_FALSE(programs.look_at(path).is_googletest);
  fs::remove(path);
  fs::create_symlink(*own, path);
  EXPECT_TRUE(programs.look_at(path).is_googletest);
  EXPECT_TRUE(programs.look_at(path).is_googletest);
  fs::remove(path);
  std::ofstream(path) << "#!/bin/sh\n# another one\n";
  EXPECT_FALSE(programs.look_at(path).is_googletest);
}

}  // namespace
}  // namespace holdfast
