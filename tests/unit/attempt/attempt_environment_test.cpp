// What a test is told, by its attempt and its needs.

#include <gtest/gtest.h>

#include <algorithm>

#include "attempt/attempt_plan.hpp"
#include "attempt/started.hpp"
#include "launch/launch.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::supervision {
namespace {

class AttemptEnvironment : public testing::Test {
 protected:
  AttemptEnvironment() {
    grant_.identity.test = "db insert";
    grant_.identity.attempt = "r.2";
    grant_.identity.n = 3;
    grant_.run = "r";
    grant_.home = {"shop", "/b"};
    grant_.policy.environment = {{"MINE", "default"}, {"ITS", "default"}};
  }

  std::vector<std::string> told(std::vector<std::string> inherited) const {
    Started started({"--test=db insert", "t"}, std::move(inherited));
    TestAtHand test{
        started.invocation(), {{}, std::move(*os::SignalQueue::open()), {}}, {}, grant_, {}};
    AllNeeds needs;
    EXPECT_FALSE(needs.locks.acquire(test));
    AttemptPlan plan;
    plan.needs = needs.all;
    TestEnvironment environment = attempt_environment(test, scratch_, plan);
    std::vector<std::string> all;
    for (char** entry = environment.environ(); *entry != nullptr; ++entry) all.emplace_back(*entry);
    std::sort(all.begin(), all.end());
    return all;
  }

  Grant grant_;
  std::string scratch_;
};

using Entries = std::vector<std::string>;

TEST_F(AttemptEnvironment, TellsTheTestItsNames) {
  EXPECT_EQ(told({"PATH=/bin"}),
            (Entries{"HOLDFAST_ATTEMPT=3", "HOLDFAST_ATTEMPT_ID=r.2", "HOLDFAST_RUN_ID=r",
                     "HOLDFAST_TEST_NAME=db insert", "ITS=default", "MINE=default", "PATH=/bin"}));
}

TEST_F(AttemptEnvironment, HasItsDirectoryIfThereIsOne) {
  scratch_ = "/tmp/s";
  const Entries all = told({});
  EXPECT_EQ(std::ranges::count(all, "HOLDFAST_TMPDIR=/tmp/s"), 1);
  EXPECT_EQ(std::ranges::count(all, "HOLDFAST_MARKER_DIR=" + marker_directory("/tmp/s")), 1);
}

TEST_F(AttemptEnvironment, LeavesAVariableAsTheUserHasSetIt) {
  const Entries all = told({"MINE=user", "ITS="});
  EXPECT_EQ(std::count(all.begin(), all.end(), "MINE=user"), 1);
  EXPECT_EQ(std::count(all.begin(), all.end(), "MINE=default"), 0);
  EXPECT_EQ(std::count(all.begin(), all.end(), "ITS=default"), 0);
}

TEST_F(AttemptEnvironment, SaysThatTheTreeIsTakenOnlyToATestOfARun) {
  const std::string held = "HOLDFAST_HELD=" + run_place("/b") + "#r.2";
  const auto has = [](const Entries& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  EXPECT_TRUE(has(told({k_attached}), held));
  EXPECT_TRUE(has(told({k_attached, "HOLDFAST_HELD=user/db#q.1"}), held + ",user/db#q.1"));
  // A command hands on what it inherited.
  EXPECT_TRUE(has(told({"HOLDFAST_HELD=user/db#q.1"}), "HOLDFAST_HELD=user/db#q.1"));
}

}  // namespace
}  // namespace holdfast::supervision
