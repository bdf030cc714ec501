// What becomes of a command on a machine where its processes cannot be watched.
#include "attempt/unwatched.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempt/started.hpp"
#include "base/exit_codes.hpp"

namespace holdfast::supervision {
namespace {

// The exit code of a process that launches `true` so. With `services`, `holdfast run` has started
// some for the command.
int code_of(std::vector<std::string> options, bool services) {
  const pid_t child = ::fork();
  if (child == 0) {
    options.insert(options.end(), {"--", "/bin/true"});
    Started started(std::move(options), {"PATH=/bin"});
    HandOver handed;
    handed.callers.emplace();
    if (services) handed.service_keeper = KeeperLink(os::UniqueFd(::dup(STDIN_FILENO)));
    const Exit end = launch_unwatched(started.invocation(), handed, "no pidfd_open(2)");
    ::_exit(end.value);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Unwatched, ACommandRunsOnlyIfItNeedsNothingThatEndsWithIt) {
  EXPECT_EQ(code_of({}, false), 0);
  EXPECT_EQ(code_of({}, true), exit_codes::k_own_failure);
  EXPECT_EQ(code_of({"--lock", "db@user"}, false), exit_codes::k_own_failure);
  EXPECT_EQ(code_of({"--ports", "1"}, false), exit_codes::k_own_failure);
}

}  // namespace
}  // namespace holdfast::supervision
