// A process that is the parent of a tree, as the guard is, and the habits of processes in the tree.
//
// All of it happens in a child of the test program, because a whole process is a subreaper or
// blocks SIGCHLD. Every process of the tree has the writing end of `alive`. So its end proves that
// none is left.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast::os {

// stderr says what went wrong. The parent sees only that something did.
#define TREE_CHECK(condition)                                              \
  do {                                                                     \
    if (!(condition)) {                                                    \
      ::dprintf(2, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      return 1;                                                            \
    }                                                                      \
  } while (false)

// If a test hangs, no habit outlives it by more than this.
inline constexpr unsigned k_longest_life_s = 40;

class Tree final : public TreeWatcher {
 public:
  Tree() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, nullptr);
    (void)become_subreaper();
  }

  // Starts a process of the tree. Returns once it has called `ready()`.
  pid_t start(const std::function<void()>& body) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      sigset_t none;
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);
      body();
      ::_exit(0);
    }
    if (told_.hear() != "ready") ::_exit(99);
    return pid;
  }
  void ready() const { told_.say("ready"); }
  void say(const std::string& line) const { told_.say(line); }
  std::string hear(Milliseconds patience = k_patience) { return told_.hear(patience); }

  // Ends the tree and returns how long that took.
  Milliseconds end(int signal, Milliseconds grace, const Spared& spared = {}) {
    const Milliseconds start = monotonic_now();
    survivors_ = end_tree({signal, grace, spared}, *this).size();
    return monotonic_now() - start;
  }
  std::size_t survivors() const { return survivors_; }

  // No other process has a descriptor of the tree any more.
  bool nobody_is_left() {
    alive_.close_end_for_writing();
    return alive_.hear(Milliseconds{0}) == "<end>";
  }

  const std::map<pid_t, int>& reaped() const { return reaped_; }

  // It becomes readable when the end of the tree is to hurry.
  Channel& hurry() { return hurry_; }

  void on_reaped(pid_t pid, int status) override { reaped_[pid] = status; }
  int hurry_fd() override { return hurry_.read_fd(); }
  bool hurries() override { return hurry_.hear(Milliseconds{0}) == "now"; }

 private:
  Channel told_;
  Channel alive_;
  Channel hurry_;
  std::size_t survivors_ = 0;
  std::map<pid_t, int> reaped_;
};

// Runs `body` as the parent of a tree. It returns 0 if all was well.
inline void as_parent_of_a_tree(const std::function<int(Tree&)>& body) {
  Child parent([&] {
    Tree tree;
    const int result = body(tree);
    tree.end(0, Milliseconds{0});  // even if the test failed half-way
    return result;
  });
  EXPECT_EQ(parent.wait(), 0);
}

// --- Habits ---------------------------------------------------------------------------------

inline void stay() {
  ::alarm(k_longest_life_s);  // a child does not inherit this
  while (true) ::pause();
}

inline void ignore_term_and_stay() {
  ::signal(SIGTERM, SIG_IGN);
  stay();
}

// A chain of processes. Each lives only until it has forked the next, in a session of its own.
inline void flee() {
  const Milliseconds until = monotonic_now() + Milliseconds{k_longest_life_s * 1000};
  ::signal(SIGTERM, SIG_IGN);
  while (monotonic_now() < until) {
    ::setsid();
    if (::fork() > 0) ::_exit(0);
  }
}

}  // namespace holdfast::os
