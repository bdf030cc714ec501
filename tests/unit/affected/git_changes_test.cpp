#include "affected/git_changes.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Strings = std::vector<std::string>;

std::string with_nul(std::string text) {
  for (char& c : text) {
    if (c == '|') c = '\0';
  }
  return text;
}

TEST(GitChanges, AChangeIsItsPathWhateverBytesItHas) {
  const auto changes = read_raw_diff(
      with_nul(":100644 100644 aaaa bbbb M|a b\n:c.cpp|:000000 100644 0000 bbbb A|new|"
               ":100644 000000 aaaa 0000 D|gone|:000000 100644 0000 0000 U|both|"));
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(changes[0].path, "a b\n:c.cpp");
  EXPECT_EQ(changes[2].path, "gone");
  for (const GitChange& change : changes) {
    EXPECT_EQ(change.submodule_commit, "");
    EXPECT_FALSE(change.is_submodule);
  }
}

TEST(GitChanges, ASubmoduleHasTheCommitThatItWasAt) {
  const auto changes =
      read_raw_diff(with_nul(":160000 160000 aaaa bbbb M|sub|:000000 160000 0000 bbbb A|added|"
                             ":160000 100644 cccc bbbb T|was sub|"));
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].submodule_commit, "aaaa");
  EXPECT_EQ(changes[1].submodule_commit, "");
  EXPECT_EQ(changes[2].submodule_commit, "cccc");
  for (const GitChange& change : changes) EXPECT_TRUE(change.is_submodule);
}

TEST(GitChanges, OutputThatIsCutOffGivesNoEmptyPath) {
  const std::string text =
      with_nul(":100644 100644 aaaa bbbb M|one|:100644 100644 aaaa bbbb M|two|");
  for (std::size_t size = 0; size < text.size(); ++size) {
    for (const GitChange& change : read_raw_diff(std::string_view(text).substr(0, size))) {
      EXPECT_FALSE(change.path.empty());
    }
  }
}

TEST(GitChanges, TheStatusTellsHowTheWorkTreeDiffersFromTheIndex) {
  const auto entries = read_status(
      with_nul("# branch.oid 1|1 .M N... 100644 100644 100644 aa bb a b\n.c|"
               "1 M. N... 100644 100644 100644 aa bb staged|"
               "1 AD N... 000000 100644 000000 aa bb gone|"
               "u UU N... 100644 100644 100644 100644 aa bb cc both|"
               "1 .M SC.U 160000 160000 160000 aa bb sub|? new file|? inner/|! ignored|"));
  std::string told;
  for (const GitStatusEntry& one : entries) {
    told += one.path + (one.is_tracked ? " tracked" : "") + (one.is_changed ? " changed" : "") +
            (one.is_repository ? " repository" : "") +
            (one.submodule_commit.empty() ? "" : " at " + one.submodule_commit) + "\n";
  }
  EXPECT_EQ(told,
            "a b\n.c tracked changed\nstaged tracked\ngone tracked changed\nboth tracked changed\n"
            "sub tracked changed at bb\nnew file\ninner repository\n");
}

TEST(GitChanges, AStatusThatIsCutOffGivesNoEmptyPath) {
  const std::string text =
      with_nul("1 .M N... 100644 100644 100644 aa bb one|u UU N... 1 2 3 4 aa bb cc two|? x/|");
  for (std::size_t size = 0; size < text.size(); ++size) {
    for (const GitStatusEntry& entry : read_status(std::string_view(text).substr(0, size))) {
      EXPECT_FALSE(entry.path.empty());
    }
  }
}

TEST(GitChanges, AFileIsHiddenIfGitWasToldNotToLookAtIt) {
  const auto files = read_hidden_files(
      with_nul("H 100644 aa 0\tusual|h 100644 bb 0\ta\tb\n.c|S 100644 cc 0\tsparse|"
               "s 100644 dd 0\tboth|M 100644 ee 1\tunmerged|h 160000 ff 0\tsub|h 100644 gg 0\t|h"));
  std::string told;
  for (const HiddenFile& one : files) {
    told += one.path + " " + one.object + (one.is_submodule ? " submodule" : "") +
            (one.may_be_gone ? " may be gone" : "") + "\n";
  }
  EXPECT_EQ(told, "a\tb\n.c bb\nsparse cc may be gone\nboth dd may be gone\nsub ff submodule\n");
}

TEST(GitChanges, ABuildTreeHasACacheAndIsNotAroundTheSource) {
  const Strings paths{"a.cpp",          "build/CMakeCache.txt", "build/x/y.o",
                      "CMakeCache.txt", "proj/CMakeCache.txt",  "proj/x"};
  EXPECT_EQ(build_trees_in(paths, "./"), (Strings{"build/", "proj/"}));
  EXPECT_EQ(build_trees_in(paths, "proj/"), Strings{"build/"});
  EXPECT_EQ(build_trees_in(paths, "proj/sub/"), Strings{"build/"});
}

}  // namespace
}  // namespace holdfast
