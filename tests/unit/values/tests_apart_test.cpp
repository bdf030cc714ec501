#include "values/held_locks.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::vector<std::string> texts(const std::vector<LockSpec>& locks) {
  std::vector<std::string> all;
  for (const LockSpec& lock : locks) all.push_back(to_text(lock));
  return all;
}

TEST(TestsApart, EachTestHasOneOfItsOwnAndASharedOneThatASerialTestHasToItself) {
  const std::string test = "TEST 00ff00ff00ff00ff@build";
  EXPECT_EQ(texts(locks_that_keep_apart("00ff00ff00ff00ff", false)),
            (std::vector<std::string>{"RUN_SERIAL:shared@build", test}));
  EXPECT_EQ(texts(locks_that_keep_apart("00ff00ff00ff00ff", true)),
            (std::vector<std::string>{"RUN_SERIAL@build", test}));
}

TEST(TestsApart, TheyFitBesideATestsOwn) {
  std::vector<LockSpec> locks = locks_that_keep_apart("1", true);
  LockSpec project = locks.front();
  project.scope = LockScope::project;
  project.mode = LockMode::shared;
  locks.push_back(project);
  const Result<std::vector<LockSpec>> all = canonical_locks(locks);
  ASSERT_TRUE(all);
  EXPECT_EQ(texts(*all), (std::vector<std::string>{"RUN_SERIAL@build", "TEST 1@build",
                                                   "RUN_SERIAL:shared@project"}));
}

}  // namespace
}  // namespace holdfast
