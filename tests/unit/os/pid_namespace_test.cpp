#include "os/containment/pid_namespace.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "os/containment/namespaces.hpp"
#include "os/file/file_text.hpp"
#include "tree.hpp"

namespace holdfast::os {
namespace {

// Runs `body` as the first process of a namespace. It returns 0 if all was well.
int as_first(const std::function<int(Namespaces&)>& body) {
  Child outside([&] {
    Namespaces inside({Boundary::pidns});
    const Result<pid_t> child = inside.fork();
    if (!child) return 200;
    if (*child == 0) ::_exit(body(inside));
    int status = 0;
    while (::waitpid(*child, &status, 0) < 0) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
  });
  return outside.wait();
}

// Skips if this user may not have a PID namespace.
class PidNamespaceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (as_first([](Namespaces&) { return 0; }) == 200) GTEST_SKIP() << "no namespaces here";
  }
};

TEST_F(PidNamespaceTest, ItsFirstProcessIsNumberOneAndProcSaysSo) {
  EXPECT_EQ(as_first([](Namespaces&) {
              if (::getpid() != 1 || ::getppid() != 0) return 1;
              const Result<ProcessStat> own = read_process_stat(1);
              return own && own->parent == 0 && own_children().empty() ? 0 : 2;
            }),
            0);
}

TEST_F(PidNamespaceTest, TheUserStaysWhoHeIs) {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  EXPECT_EQ(
      as_first([&](Namespaces&) { return ::geteuid() == user && ::getegid() == group ? 0 : 1; }),
      0);
}

TEST_F(PidNamespaceTest, EveryOrphanIsItsChild) {
  EXPECT_EQ(as_first([](Namespaces&) {
              Tree tree;
              tree.start([&] {
                if (::fork() > 0) ::_exit(0);
                ::setsid();
                tree.ready();
                ignore_term_and_stay();
              });
              tree.end(SIGTERM, Milliseconds{50});
              return tree.nobody_is_left() ? 0 : 1;
            }),
            0);
}

TEST_F(PidNamespaceTest, AProcessHasAnotherNumberOutside) {
  Channel numbers;
  Child outside([&] {
    Namespaces inside({Boundary::pidns});
    const Result<pid_t> first = inside.fork();
    if (!first) return 200;
    if (*first == 0) {
      const pid_t child = ::fork();
      if (child == 0) stay();
      numbers.say(std::to_string(inside.number_outside(child)));
      stay();
    }
    const int number = std::stoi(numbers.hear());
    const Result<ProcessStat> stat = read_process_stat(number);
    ::kill(*first, SIGKILL);
    ::waitpid(*first, nullptr, 0);
    // The end of the first process ends all others, and the kernel reaps them.
    return stat && stat->parent == *first && !read_process_stat(number) ? 0 : 1;
  });
  EXPECT_EQ(outside.wait(), 0);
}

TEST_F(PidNamespaceTest, WhoHasItsDescriptorSeesItsEndWhenNobodyIsLeft) {
  as_parent_of_a_tree([](Tree& tree) {
    Namespaces inside({Boundary::pidns});
    const Result<pid_t> first = inside.fork();
    TREE_CHECK(first);
    if (*first == 0) {
      for (int i = 0; i < 20; ++i) {
        if (::fork() == 0) ignore_term_and_stay();
      }
      tree.say("ready");
      stay();
    }
    TREE_CHECK(tree.hear() == "ready");
    const UniqueFd watched(static_cast<int>(::syscall(SYS_pidfd_open, *first, 0)));
    NamespaceProcesses members(watched.get());
    TREE_CHECK(!members.is_empty() && members.living().size() == 1);
    TREE_CHECK(end_processes(members, {}, tree).empty());
    TREE_CHECK(members.is_empty() && tree.nobody_is_left());
    return 0;
  });
}

}  // namespace
}  // namespace holdfast::os
