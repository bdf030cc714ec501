#include "services/port_owners.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "os/child_process.hpp"
#include "os/process/execute.hpp"
#include "os/process/process.hpp"

namespace holdfast::host {
namespace {

TEST(Stranger, IsNamedWithItsTestAndItsRun) {
  const std::vector<std::string> words{"sleep", "1000"};
  const std::vector<std::string> entries{"HOLDFAST_TEST_NAMES=no", "HOLDFAST_RUN_ID=12-x",
                                         "HOLDFAST_TEST_NAME=db.test"};
  const os::Child child([&] {
    if (::chdir("/") != 0) return 1;
    ::execve("/bin/sleep", os::pointers_to(words).data(), os::pointers_to(entries).data());
    return 2;
  });
  ASSERT_TRUE(os::becomes_true(
      [&] { return os::first_environment_of(child.pid(), 1U << 16U) == entries; }));
  const std::string text = stranger(child.pid());
  EXPECT_TRUE(text.starts_with("pid " + std::to_string(child.pid()) + " (sleep 1000), there for "))
      << text;
  EXPECT_TRUE(text.ends_with(", in /, of test \"db.test\" (run 12-x)")) << text;
}

}  // namespace
}  // namespace holdfast::host
