// What is said of git's answer, without git.
#include "os/process/bounded_work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

namespace holdfast::os {
namespace {

constexpr Milliseconds k_time{5000};

BoundedEnd ended(BoundedEnd::Kind kind, int code, const std::string& errors = {}) {
  BoundedEnd end;
  end.kind = kind;
  end.code = code;
  end.errors = errors;
  return end;
}

TEST(GitCommand, WhyThereIsNoAnswerIsSaid) {
  using Kind = BoundedEnd::Kind;
  const struct {
    BoundedEnd end;
    const char* why;
  } rows[] = {
      {ended(Kind::exited, 0, "warning: x\n"), ""},
      {ended(Kind::not_started, ENOENT), "git is not installed"},
      {ended(Kind::not_started, EACCES), "failed to run git: Permission denied"},
      {ended(Kind::too_late, 0), "git gave no answer within 5.0 s"},
      {ended(Kind::signalled, 9), "git died of signal 9"},
      {ended(Kind::exited, 128, "fatal: not a git repository\nmore\n"),
       "git: not a git repository"},
      {ended(Kind::exited, 1, "error: no such ref\n"), "git: no such ref"},
      {ended(Kind::exited, 3), "git ended with exit code 3"},
  };
  for (const auto& row : rows) EXPECT_EQ(trouble_with_git(row.end, k_time), row.why);
}

TEST(GitCommand, AnAnswerThatIsNotWholeIsNone) {
  BoundedOrder order = git_order("/", {"log"}, k_time);
  order.most_output = std::size_t{1} << 20;
  BoundedEnd end = ended(BoundedEnd::Kind::exited, 0);
  end.output = "a.c\nb.";
  EXPECT_EQ(*answer_of_git(end, order), "a.c\nb.");
  end.output_cut = true;
  const Result<std::string> cut = answer_of_git(end, order);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().message.find("git printed more than 1"), 0U) << cut.error().message;
}

// Nor is a program of the repository's own choice started, which may live on.
TEST(GitCommand, LooksAndChangesNothing) {
  const BoundedOrder order = git_order("/d", {"status", "-z"}, k_time);
  EXPECT_EQ(order.words, (std::vector<std::string>{"git", "-c", "core.fsmonitor=false", "-C", "/d",
                                                   "status", "-z"}));
  for (const char* const expected : {"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0"}) {
    EXPECT_EQ(std::ranges::count(order.environment, expected), 1) << expected;
  }
  EXPECT_TRUE(order.errors_apart);
}

}  // namespace
}  // namespace holdfast::os
