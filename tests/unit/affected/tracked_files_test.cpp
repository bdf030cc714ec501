#include "affected/git_changes.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Strings = std::vector<std::string>;

Strings changed(const FileStamps& before, const FileStamps& now, const FileStamps& later = {}) {
  return changed_since(before, now, [&](const std::string& path) {
    const auto found = later.find(path);
    return found == later.end() ? "gone" : found->second;
  });
}

TEST(TrackedFiles, AFileThatDiffersNowAndDidNotHasChanged) {
  EXPECT_EQ(changed({}, {}), Strings{});
  EXPECT_EQ(changed({}, {{"b", "1"}, {"a", "1"}}), (Strings{"a", "b"}));
}

TEST(TrackedFiles, AFileThatDifferedBeforeHasChangedIfItWasWrittenAgain) {
  EXPECT_EQ(changed({{"a", "1"}, {"b", "1"}}, {{"a", "1"}, {"b", "2"}}), Strings{"b"});
}

TEST(TrackedFiles, AFileThatDiffersNoMoreWasWrittenOrCommitted) {
  EXPECT_EQ(changed({{"a", "1"}, {"b", "1"}, {"c", "1"}}, {}, {{"a", "1"}, {"b", "2"}}),
            (Strings{"b", "c"}));
}

TEST(TrackedFiles, ALookIsReadAsItWasWrittenByItsOwnCtestAlone) {
  const TrackedLook look{"0123abc", 17, {{"a b\n", "17 3"}, {"c", ""}}};
  const std::string text = look_as_text("12:34", look);
  EXPECT_EQ(look_from_text(text, "12:34"), look);
  EXPECT_EQ(look_from_text(text, "12:35"), std::nullopt);
  EXPECT_EQ(look_from_text(look_as_text("1:2", {}), "1:2"), TrackedLook{});
  EXPECT_EQ(look_from_text(std::string_view(text).substr(0, text.size() - 1), "12:34"),
            std::nullopt);
  EXPECT_EQ(look_from_text("", "12:34"), std::nullopt);
  EXPECT_EQ(look_from_text("12:34\n", "12:34"), std::nullopt);
}

TEST(TrackedFiles, GitSaysWhichCommitIsCheckedOut) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(commit_in_status("# branch.oid 01ab\0# branch.head main\0001 .M N... a\0"sv), "01ab");
  EXPECT_EQ(commit_in_status("# branch.oid (initial)\0# branch.head main\0"sv), "");
  EXPECT_EQ(commit_in_status("1 .M N... a\0"sv), "");
}

}  // namespace
}  // namespace holdfast
