// A GoogleTest program that gives up a right in its first case, as a daemon on its way into its
// sandbox, and goes on. LOSES names the right; without it nothing is given up. EXITS: the program
// then exits with 0 in the middle.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
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

// Mounts of its own, without what is in the directory HIDES.
void hide_in_own_mounts() {
  ASSERT_EQ(unshare(CLONE_NEWNS), 0);
  ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  ASSERT_EQ(mount("none", variable("HIDES").c_str(), "tmpfs", 0, nullptr), 0);
}

void move_to_another_root() {
  ASSERT_EQ(unshare(CLONE_NEWNS), 0);
  ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  const std::string root = variable("HIDES");
  ASSERT_EQ(mount("none", root.c_str(), "tmpfs", 0, nullptr), 0);
  ASSERT_EQ(chdir(root.c_str()), 0);
  ASSERT_EQ(syscall(SYS_pivot_root, ".", "."), 0);
  ASSERT_EQ(umount2(".", MNT_DETACH), 0);
  ASSERT_EQ(chdir("/"), 0);
}

// Joins the mounts of a process that has hidden the directory.
void join_the_mounts_of_another() {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t other = fork();
  if (other == 0) {
    hide_in_own_mounts();
    if (write(ready[1], "x", 1) == 1) pause();
    _exit(1);
  }
  char byte = 0;
  EXPECT_EQ(read(ready[0], &byte, 1), 1);
  const int mounts = open(("/proc/" + std::to_string(other) + "/ns/mnt").c_str(), O_RDONLY);
  EXPECT_EQ(setns(mounts, CLONE_NEWNS), 0);
  kill(other, SIGKILL);
  ASSERT_EQ(waitpid(other, nullptr, 0), other);
  for (const int descriptor : {ready[0], ready[1], mounts}) close(descriptor);
}

// From now on, nothing can be removed.
void filter_system_calls() {
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlinkat, 1, 0),
#ifdef SYS_unlink
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlink, 0, 1),
#else
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlinkat, 0, 1),
#endif
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{sizeof steps / sizeof steps[0], steps};
  ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

void lose(const std::string& right) {
  if (right == "user") become_nobody();
  if (right == "user-by-number") ASSERT_EQ(syscall(SYS_setuid, 65534), 0);
  if (right == "root") {
    mkdir("jail", 0755);
    ASSERT_EQ(chroot("jail"), 0);
    ASSERT_EQ(chdir("/"), 0);
  }
  if (right == "mounts") hide_in_own_mounts();
  if (right == "pivot-root") move_to_another_root();
  if (right == "setns") join_the_mounts_of_another();
  if (right == "filter") filter_system_calls();
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
