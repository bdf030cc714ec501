#include "values/outcome.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Oom, TheCounterIsReadOfBothVersionsOfCgroups) {
  EXPECT_EQ(oom_kills_in("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"), 2U);
  EXPECT_EQ(oom_kills_in("oom_kill_disable 0\nunder_oom 0\noom_kill 7"), 7U);
  for (const char* text : {"", "oom 3\n", "oom_kill\n", "oom_kill x\n", "oom_kill 1 2\n",
                           "room_kill 1\n", "oom_kill -1\n"}) {
    EXPECT_EQ(oom_kills_in(text), std::nullopt) << text;
  }
}

TEST(Oom, TheKernelsLogNamesItsVictim) {
  for (const char* line :
       {"3,1,2,-;Out of memory: Killed process 17 (test) total-vm:1kB",
        "3,1,2,-;Memory cgroup out of memory: Killed process 17 (a b) total-vm:1kB"}) {
    EXPECT_TRUE(names_oom_victim(line, 17)) << line;
    EXPECT_FALSE(names_oom_victim(line, 1)) << line;
    EXPECT_FALSE(names_oom_victim(line, 170)) << line;
  }
  EXPECT_FALSE(names_oom_victim("3,1,2,-;Killed process 17 (test)", 17));
  EXPECT_FALSE(names_oom_victim("", 17));
}

TEST(OomClaims, ADeathIsExplainedByARiseInItsLifetimeOnly) {
  OomClaims claims;
  const OomClaims::Start start = claims.start(4);
  EXPECT_FALSE(claims.explains_death(start, 4));
  EXPECT_FALSE(claims.explains_death(start, 3));
  EXPECT_FALSE(claims.explains_death(start, std::nullopt));
  EXPECT_FALSE(claims.explains_death(claims.start(std::nullopt), 5));
  EXPECT_TRUE(claims.explains_death(start, 5));
}

TEST(OomClaims, OneRiseExplainsOneDeath) {
  OomClaims claims;
  const OomClaims::Start one = claims.start(0);
  const OomClaims::Start other = claims.start(0);
  EXPECT_TRUE(claims.explains_death(one, 1));
  EXPECT_FALSE(claims.explains_death(other, 1));
  EXPECT_TRUE(claims.explains_death(other, 2));
  const OomClaims::Start later = claims.start(2);
  EXPECT_FALSE(claims.explains_death(later, 2));
  EXPECT_TRUE(claims.explains_death(later, 3));
}

}  // namespace
}  // namespace holdfast
