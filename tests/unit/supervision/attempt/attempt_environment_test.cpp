#include "supervision/attempt/attempt_environment.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/lock/lock_spec.hpp"
#include "started.hpp"

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
    const Invocation invocation = started.invocation();
    const HeldLocks above(invocation.held);
    TestEnvironment environment =
        attempt_environment(invocation, {grant_, above, locks_, services_, scratch_});
    std::vector<std::string> all;
    for (char** entry = environment.environ(); *entry != nullptr; ++entry) all.emplace_back(*entry);
    std::sort(all.begin(), all.end());
    return all;
  }

  Grant grant_;
  TakenLocks locks_;
  std::vector<Variable> services_;
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
  EXPECT_NE(std::find(all.begin(), all.end(), "HOLDFAST_TMPDIR=/tmp/s"), all.end());
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
