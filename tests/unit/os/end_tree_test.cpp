#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <cstdint>
#include <string_view>

#include "os/process/process.hpp"
#include "os/tree.hpp"

namespace holdfast::os {
namespace {

constexpr Milliseconds k_long{30'000};
constexpr Milliseconds k_soon{10'000};

TEST(EndTree, WhereThereIsNobodyItReturnsAtOnce) {
  as_parent_of_a_tree([](Tree& tree) {
    TREE_CHECK(tree.end(SIGTERM, k_long) < k_soon);
    TREE_CHECK(tree.reaped().empty() && tree.survivors() == 0);
    return 0;
  });
}

TEST(EndTree, ItReturnsAsSoonAsTheLastIsGone) {
  as_parent_of_a_tree([](Tree& tree) {
    std::vector<pid_t> pids;
    for (int i = 0; i < 3; ++i) {
      pids.push_back(tree.start([&] {
        tree.ready();
        stay();
      }));
    }
    TREE_CHECK(tree.end(SIGTERM, k_long) < k_soon);
    TREE_CHECK(tree.nobody_is_left());
    for (pid_t pid : pids) {
      TREE_CHECK(tree.reaped().count(pid) == 1);
      TREE_CHECK(WTERMSIG(tree.reaped().at(pid)) == SIGTERM);
    }
    return 0;
  });
}

TEST(EndTree, WhoIgnoresTheFirstSignalIsKilledWhenTheGraceIsOver) {
  as_parent_of_a_tree([](Tree& tree) {
    const pid_t pid = tree.start([&] {
      ::signal(SIGTERM, SIG_IGN);
      tree.ready();
      stay();
    });
    const Milliseconds took = tree.end(SIGTERM, Milliseconds{150});
    TREE_CHECK(took >= Milliseconds{150} && took < k_soon);
    TREE_CHECK(tree.nobody_is_left());
    TREE_CHECK(WTERMSIG(tree.reaped().at(pid)) == SIGKILL);
    return 0;
  });
}

TEST(EndTree, WhoLooksAfterATestComesToItsEndAfterIt) {
  for (const std::string_view name : {k_launcher_name, k_guard_name, k_keeper_name}) {
    as_parent_of_a_tree([name](Tree& tree) {
      const pid_t pid = tree.start([&] {
        ::signal(SIGTERM, SIG_IGN);
        const pid_t test = ::fork();
        if (test == 0) {
          tree.ready();
          stay();
        }
        ::prctl(PR_SET_NAME, name.data(), 0, 0, 0);
        while (::waitpid(test, nullptr, 0) != test) continue;
        ::_exit(7);
      });
      (void)tree.end(SIGTERM, Milliseconds{50});
      TREE_CHECK(tree.nobody_is_left());
      TREE_CHECK(WIFEXITED(tree.reaped().at(pid)) && WEXITSTATUS(tree.reaped().at(pid)) == 7);
      return 0;
    });
  }
}

TEST(EndTree, WhoLooksAfterATestAndNeverEndsIsKilledAMomentLater) {
  as_parent_of_a_tree([](Tree& tree) {
    const pid_t pid = tree.start([&] {
      ::signal(SIGTERM, SIG_IGN);
      ::prctl(PR_SET_NAME, k_launcher_name.data(), 0, 0, 0);
      tree.ready();
      stay();
    });
    (void)tree.end(SIGTERM, Milliseconds{50});
    TREE_CHECK(tree.nobody_is_left());
    TREE_CHECK(WTERMSIG(tree.reaped().at(pid)) == SIGKILL);
    return 0;
  });
}

TEST(EndTree, AChaserThatForksAndCallsSetsidAllTheTimeIsEnded) {
  for (std::int64_t grace : {0, 50}) {
    as_parent_of_a_tree([grace](Tree& tree) {
      for (int i = 0; i < 3; ++i) {
        tree.start([&] {
          tree.ready();
          flee();
        });
      }
      TREE_CHECK(tree.end(SIGTERM, Milliseconds{grace}) < k_soon);
      TREE_CHECK(tree.survivors() == 0);
      TREE_CHECK(tree.nobody_is_left());
      TREE_CHECK(own_children().empty());
      return 0;
    });
  }
}

TEST(EndTree, ADaemonIsEndedToo) {
  as_parent_of_a_tree([](Tree& tree) {
    tree.start([&] {
      ::setsid();
      if (::fork() > 0) ::_exit(0);
      ::setsid();
      if (::fork() > 0) ::_exit(0);
      tree.ready();
      ignore_term_and_stay();
    });
    TREE_CHECK(tree.end(SIGTERM, Milliseconds{20}) < k_soon);
    TREE_CHECK(tree.nobody_is_left());
    return 0;
  });
}

TEST(EndTree, AStoppedProcessGetsTheFirstSignal) {
  as_parent_of_a_tree([](Tree& tree) {
    static const Tree* told = nullptr;
    told = &tree;
    const pid_t pid = tree.start([&] {
      ::signal(SIGTERM, [](int) {
        told->say("term");
        ::_exit(7);
      });
      tree.ready();
      ::raise(SIGSTOP);
      stay();
    });
    TREE_CHECK(becomes_true([&] { return read_process_stat(pid)->state == 'T'; }));
    TREE_CHECK(tree.end(SIGTERM, k_long) < k_soon);
    TREE_CHECK(tree.hear() == "term");
    TREE_CHECK(WEXITSTATUS(tree.reaped().at(pid)) == 7);
    return 0;
  });
}

// Starts a process that says "term" for each SIGTERM and goes on.
pid_t start_witness(Tree& tree) {
  static const Tree* told = nullptr;
  told = &tree;
  return tree.start([&] {
    ::signal(SIGTERM, [](int) { told->say("term"); });
    tree.ready();
    stay();
  });
}

TEST(EndTree, WithoutAFirstSignalOnlyTheGraceIsGiven) {
  as_parent_of_a_tree([](Tree& tree) {
    start_witness(tree);
    const Milliseconds took = tree.end(0, Milliseconds{100});
    TREE_CHECK(took >= Milliseconds{100} && took < k_soon);
    TREE_CHECK(tree.hear(Milliseconds{0}) == "<silence>");
    TREE_CHECK(tree.nobody_is_left());
    return 0;
  });
}

TEST(EndTree, WithoutGraceThereIsNoFirstSignal) {
  as_parent_of_a_tree([](Tree& tree) {
    start_witness(tree);
    TREE_CHECK(tree.end(SIGTERM, Milliseconds{0}) < k_soon);
    TREE_CHECK(tree.hear(Milliseconds{0}) == "<silence>");
    TREE_CHECK(tree.nobody_is_left());
    return 0;
  });
}

TEST(EndTree, AHurryEndsTheGrace) {
  as_parent_of_a_tree([](Tree& tree) {
    static Channel* hurry = nullptr;
    hurry = &tree.hurry();
    const pid_t pid = tree.start([&] {
      // Only once it has the gentle signal.
      ::signal(SIGTERM, [](int) { hurry->say("now"); });
      tree.ready();
      stay();
    });
    TREE_CHECK(tree.end(SIGTERM, k_long) < k_soon);
    TREE_CHECK(WTERMSIG(tree.reaped().at(pid)) == SIGKILL);
    return 0;
  });
}

TEST(EndTree, WhatIsNoReasonToHurryDoesNotShortenTheGrace) {
  as_parent_of_a_tree([](Tree& tree) {
    tree.start([&] {
      ::signal(SIGTERM, SIG_IGN);
      tree.ready();
      stay();
    });
    tree.hurry().say("something else");
    TREE_CHECK(tree.end(SIGTERM, Milliseconds{150}) >= Milliseconds{150});
    return 0;
  });
}

TEST(EndTree, SparedChildrenAndWhatTheyStartedAreNotTouched) {
  as_parent_of_a_tree([](Tree& tree) {
    Channel grandchild;
    const pid_t spared = tree.start([&] {
      const pid_t pid = ::fork();
      if (pid == 0) stay();
      grandchild.say(std::to_string(pid));
      tree.ready();
      stay();
    });
    const pid_t below_spared = std::stoi(grandchild.hear());
    const pid_t ended = tree.start([&] {
      tree.ready();
      flee();
    });
    TREE_CHECK(tree.end(SIGTERM, Milliseconds{20}, {{spared}}) < k_soon);
    TREE_CHECK(tree.survivors() == 0);
    TREE_CHECK(tree.reaped().count(ended) == 1 && tree.reaped().count(spared) == 0);
    TREE_CHECK(becomes_true([&] { return sleeps(spared) && sleeps(below_spared); }));
    TREE_CHECK(own_children() == std::vector<pid_t>{spared});
    tree.end(0, Milliseconds{0});
    TREE_CHECK(tree.nobody_is_left());
    return 0;
  });
}

TEST(EndTree, OtherSessionsMayBeSpared) {
  as_parent_of_a_tree([](Tree& tree) {
    Channel below;
    const pid_t apart = tree.start([&] {
      (void)::setsid();
      const pid_t pid = ::fork();
      if (pid == 0) stay();
      below.say(std::to_string(pid));
      tree.ready();
      stay();
    });
    const pid_t below_apart = std::stoi(below.hear());
    const pid_t ended = tree.start([&] {
      const pid_t pid = ::fork();
      if (pid == 0) {
        (void)::setsid();
        below.say(std::to_string(::getpid()));
        stay();
      }
      tree.ready();
      stay();
    });
    const pid_t deeper = std::stoi(below.hear());
    TREE_CHECK(living_descendants({{}, true}).size() == 1);
    TREE_CHECK(tree.end(SIGTERM, Milliseconds{20}, {{}, true}) < k_soon);
    TREE_CHECK(tree.survivors() == 0);
    TREE_CHECK(tree.reaped().count(ended) == 1 && tree.reaped().count(apart) == 0);
    for (pid_t spared : {apart, below_apart, deeper}) {
      TREE_CHECK(becomes_true([&] { return sleeps(spared); }));
    }
    TREE_CHECK(!reap(tree, {{}, true}));
    tree.end(0, Milliseconds{0});
    TREE_CHECK(tree.nobody_is_left());
    return 0;
  });
}

}  // namespace
}  // namespace holdfast::os
