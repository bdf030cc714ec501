// Looks at a tree and signals it, without ending it.
#include "os/process/process_tree.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <algorithm>

#include "os/signal/signals.hpp"
#include "os/tree.hpp"

namespace holdfast::os {
namespace {

// Starts a child, a grandchild and a great-grandchild, each of which says "ready".
pid_t start_line(Tree& tree) {
  const pid_t pid = tree.start([&] {
    ::prctl(PR_SET_NAME, "line (of three", 0, 0, 0);
    if (::fork() == 0 && ::fork() == 0) {
      tree.ready();
    }
    stay();
  });
  return pid;
}

// State Z is not enough: with the thread sanitizer a process has a thread that ends after main.
bool can_be_reaped(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

TEST(ProcessTree, EveryLivingDescendantIsNamedZombiesAndSparedOnesAreNot) {
  as_parent_of_a_tree([](Tree& tree) {
    TREE_CHECK(living_descendants({}).empty());
    const pid_t line = start_line(tree);
    const pid_t zombie = tree.start([&] { tree.ready(); });
    TREE_CHECK(becomes_true([&] { return can_be_reaped(zombie); }));
    const std::vector<NamedProcess> living = living_descendants({});
    TREE_CHECK(living.size() == 3);
    TREE_CHECK(living[0].pid == line);
    for (const NamedProcess& process : living) TREE_CHECK(process.name == "line (of three");
    TREE_CHECK(living_descendants({{line}}).empty());
    tree.end(SIGTERM, Milliseconds{0});
    TREE_CHECK(tree.nobody_is_left());
    return 0;
  });
}

TEST(ProcessTree, ChildrenAreListedUntilTheyAreReaped) {
  as_parent_of_a_tree([](Tree& tree) {
    const pid_t zombie = tree.start([&] { tree.ready(); });
    const pid_t sleeper = tree.start([&] {
      tree.ready();
      stay();
    });
    TREE_CHECK(becomes_true([&] { return can_be_reaped(zombie); }));
    TREE_CHECK((own_children() == std::vector<pid_t>{zombie, sleeper}));
    TREE_CHECK(reap(tree, {}));
    TREE_CHECK(own_children() == std::vector<pid_t>{sleeper});
    TREE_CHECK(tree.reaped().count(zombie) == 1);
    tree.end(0, Milliseconds{0});
    TREE_CHECK(!reap(tree, {}));
    return 0;
  });
}

// A caller waits for SIGCHLD before it reaps again, and the kernel tells of many ends at once.
TEST(ProcessTree, OfMoreDeadThanAreReapedAtOnceTheCallerIsTold) {
  as_parent_of_a_tree([](Tree& tree) {
    constexpr int k_children = 1100;
    const UniqueFd news = watch_children();
    for (int i = 0; i < k_children; ++i) {
      const pid_t pid = ::vfork();  // copies no memory
      if (pid == 0) ::_exit(0);
      TREE_CHECK(pid > 0);
      siginfo_t info{};
      TREE_CHECK(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
    }
    hear_of_children(news);
    while (reap(tree, {})) {
      TREE_CHECK(readable(news.get()));
      hear_of_children(news);
    }
    TREE_CHECK(tree.reaped().size() == k_children);
    return 0;
  });
}

TEST(ProcessTree, AnOrphanBecomesOurChild) {
  as_parent_of_a_tree([](Tree& tree) {
    Channel orphan;
    tree.start([&] {
      const pid_t pid = ::fork();
      if (pid == 0) stay();
      orphan.say(std::to_string(pid));
      tree.ready();
    });
    const pid_t pid = std::stoi(orphan.hear());
    TREE_CHECK(becomes_true([&] {
      (void)reap(tree, {});
      return own_children() == std::vector<pid_t>{pid};
    }));
    tree.end(0, Milliseconds{0});
    TREE_CHECK(tree.nobody_is_left());
    return 0;
  });
}

TEST(ProcessTree, ASignalReachesEveryDepthOnceAndNobodySpared) {
  as_parent_of_a_tree([](Tree& tree) {
    static const Tree* told = nullptr;
    told = &tree;
    const auto answers = [](int) { told->say("usr1"); };
    const auto start = [&](int depth) {
      return tree.start([&, depth] {
        ::signal(SIGUSR1, answers);
        for (int i = 1; i < depth; ++i) {
          if (::fork() != 0) stay();
        }
        tree.ready();
        stay();
      });
    };
    start(3);
    const pid_t spared = start(2);
    signal_descendants(SIGUSR1, {{spared}});
    for (int i = 0; i < 3; ++i) TREE_CHECK(tree.hear() == "usr1");
    TREE_CHECK(tree.hear(Milliseconds{20}) == "<silence>");
    tree.end(0, Milliseconds{0});
    TREE_CHECK(tree.nobody_is_left());
    return 0;
  });
}

}  // namespace
}  // namespace holdfast::os
