#include "forensics/probes.hpp"

#include <gtest/gtest.h>

namespace holdfast::forensics {
namespace {

TEST(Findings, AreABlockOfLinesThatAreAllOurs) {
  EXPECT_EQ(to_text({}), "");
  EXPECT_EQ(to_text({{"program", false, "/b/t: inode 7\nthe same as before"},
                     {"git", true, "git is not installed"},
                     {"before-kill", false, "seen"},
                     {"on-failure", false, "done"},
                     {"machine", false, ""}}),
            "holdfast:   program   /b/t: inode 7\n"
            "holdfast:             the same as before\n"
            "holdfast:   git       not known: git is not installed\n"
            "holdfast:   before-kill seen\n"
            "holdfast:   on-failure done\n"
            "holdfast:   machine   \n");
}

TEST(Findings, WhatFilesAreCalledCannotHarmATerminal) {
  const std::vector<Finding> findings{{"directory", false, "a\x1b[2Jb\rc\x7f\xff\"\\"}};
  EXPECT_EQ(to_text(findings), "holdfast:   directory a?[2Jb?c?\xff\"\\\n");
}

TEST(Findings, AreBoundedInSize) {
  const std::vector<Finding> large{{"git", false, std::string(100'000, 'x')}};
  EXPECT_LT(to_text(large).size(), 5000U);
}

}  // namespace
}  // namespace holdfast::forensics
