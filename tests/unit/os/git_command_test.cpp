// What is said of git's answer, without git.
#include "os/process/bounded_work.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "os/child_process.hpp"

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

// They are those of a command that started us, such as a hook of git's, and may name another tree.
TEST(GitCommand, OfGitsVariablesOnlyThoseForAllTreesAreKept) {
  const char* const kept[] = {"GIT_CONFIG_COUNT=0", "GIT_CEILING_DIRECTORIES=/c",
                              "GIT_DISCOVERY_ACROSS_FILESYSTEM=1", "OTHER_GIT_DIR=/o"};
  const char* const left_out[] = {"GIT_DIR=/d", "GIT_INDEX_FILE=/i", "GIT_CEILING=/c"};
  Child child([&] {
    for (const char* one : kept) ::putenv(const_cast<char*>(one));
    for (const char* one : left_out) ::putenv(const_cast<char*>(one));
    const BoundedOrder order = git_order("/", {"log"}, k_time);
    const auto has = [&](const char* one) {
      return std::ranges::count(order.environment, one) == 1;
    };
    if (!std::ranges::all_of(kept, has)) return 1;
    return std::ranges::any_of(left_out, has) ? 2 : 0;
  });
  EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace holdfast::os
