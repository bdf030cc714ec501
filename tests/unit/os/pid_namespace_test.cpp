#include "os/containment/namespaces.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "os/file/descriptors.hpp"
#include "os/tree.hpp"

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

constexpr int k_not_here = 77;

// Here numbers can be chosen without harm to processes outside.
bool choose_next_number(pid_t number) {
  const UniqueFd file(::open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC));
  const std::string last = std::to_string(number - 1);
  return file.valid() && ::write(file.get(), last.data(), last.size()) > 0;
}

// Stops `process` where it stands. False: it may not be traced here.
bool may_trace(pid_t process) {
  return ::ptrace(PTRACE_SEIZE, process, nullptr, long{PTRACE_O_TRACESYSGOOD}) == 0 &&
         ::ptrace(PTRACE_INTERRUPT, process, nullptr, nullptr) == 0 &&
         ::waitpid(process, nullptr, __WALL) == process;
}

// Lets a stopped process go on up to the first call that names the process `number`.
bool comes_to_name(pid_t traced, pid_t number) {
  while (::ptrace(PTRACE_SYSCALL, traced, nullptr, nullptr) == 0) {
    if (::waitpid(traced, nullptr, __WALL) != traced) return false;
    __ptrace_syscall_info call{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, traced, sizeof call, &call);
    if (call.op == PTRACE_SYSCALL_INFO_ENTRY &&
        (call.entry.nr == SYS_kill || call.entry.nr == SYS_pidfd_open) &&
        call.entry.args[0] == static_cast<unsigned>(number)) {
      return true;
    }
  }
  return false;
}

// A process outside the tree. Once it hears a number it is the process with that number, and says
// so. Then it says whether it was sent SIGUSR1 before it hears the next line.
int become_innocent(Channel& orders, Channel& answers) {
  const pid_t number = std::stoi(orders.hear());
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  sigprocmask(SIG_BLOCK, &usr1, nullptr);
  if (!choose_next_number(number)) return 1;
  const pid_t child = ::fork();
  if (child != 0) return ::waitpid(child, nullptr, 0) == child ? 0 : 2;
  answers.say(::getpid() == number ? "innocent" : "another number");
  orders.hear();
  sigset_t sent;
  sigpending(&sent);
  answers.say(sigismember(&sent, SIGUSR1) != 0 ? "was signalled" : "was spared");
  ::_exit(0);
}

// Signals its descendants. A child holds it when it is about to signal the child's own child. That
// one ends, and who hears the orders gets its number.
int signal_while_numbers_change(Channel& orders, Channel& answers) {
  Tree tree;
  Channel held;
  const pid_t self = ::getpid();
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  tree.start([&] {
    ::signal(SIGUSR1, SIG_IGN);
    const pid_t deeper = ::fork();
    if (deeper == 0) stay();
    const bool traces = may_trace(self);
    tree.ready();
    if (!traces) held.say("untraced");
    if (traces && comes_to_name(self, deeper)) {
      ::kill(deeper, SIGKILL);
      ::waitpid(deeper, nullptr, 0);
      orders.say(std::to_string(deeper));
      held.say(answers.hear());
      ::ptrace(PTRACE_DETACH, self, nullptr, nullptr);
    }
    stay();
  });
  signal_descendants(SIGUSR1, {});
  const std::string who = held.hear();
  if (who == "untraced") return k_not_here;
  TREE_CHECK(who == "innocent");
  orders.say("look");
  TREE_CHECK(answers.hear() == "was spared");
  tree.end(0, Milliseconds{0});
  return tree.nobody_is_left() ? 0 : 2;
}

TEST_F(PidNamespaceTest, ASignalSparesWhoHasTheNumberOfADescendantThatHasJustEnded) {
  const int result = as_first([](Namespaces&) {
    if (!choose_next_number(2)) return k_not_here;
    Channel orders;
    Channel answers;
    Child outsider([&] { return become_innocent(orders, answers); });
    Child parent([&] { return signal_while_numbers_change(orders, answers); });
    const int signalled = parent.wait();
    return signalled != 0 ? signalled : outsider.wait();
  });
  if (result == k_not_here) GTEST_SKIP() << "processes may not be traced or numbered here";
  EXPECT_EQ(result, 0);
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
