// A GoogleTest program that gives up a right in its first case, as a daemon on its way into its
// sandbox, and goes on. LOSES names the right; without it nothing is given up. EXITS: the program
// then exits with 0 in the middle.
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

void become_nobody() {
  ASSERT_EQ(setgroups(0, nullptr), 0);
  ASSERT_EQ(setgid(65534), 0);
  ASSERT_EQ(setuid(65534), 0);
}

void limit(__rlimit_resource what, rlim_t value) {
  const rlimit limits{value, value};
  ASSERT_EQ(setrlimit(what, &limits), 0);
}

void lose(const std::string& right) {
  if (right == "user") become_nobody();
  if (right == "user-by-number") ASSERT_EQ(syscall(SYS_setuid, 65534), 0);
  if (right == "root") {
    mkdir("jail", 0755);
    ASSERT_EQ(chroot("jail"), 0);
    ASSERT_EQ(chdir("/"), 0);
  }
  if (right == "mounts") {
    ASSERT_EQ(unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(mount("none", variable("HIDES").c_str(), "tmpfs", 0, nullptr), 0);
  }
  if (right == "descriptors") limit(RLIMIT_NOFILE, 3);
  if (right == "file-size") {
    std::signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_FSIZE, 0);
  }
  if (right == "new-user-namespace") ASSERT_EQ(unshare(CLONE_NEWUSER), 0);
}

}  // namespace

TEST(Sandbox, IsEntered) { lose(variable("LOSES")); }
TEST(Sandbox, IsLeftInTheMiddle) {
  if (!variable("EXITS").empty()) std::exit(0);
}
TEST(Sandbox, Works) {}
