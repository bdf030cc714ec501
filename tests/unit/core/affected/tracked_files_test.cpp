#include "core/affected/tracked_files.hpp"

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
  const FileStamps stamps{{"a b\n", "17 3"}, {"c", ""}};
  const std::string text = look_as_text("12:34", stamps);
  EXPECT_EQ(look_from_text(text, "12:34"), stamps);
  EXPECT_EQ(look_from_text(text, "12:35"), std::nullopt);
  EXPECT_EQ(look_from_text(look_as_text("1:2", {}), "1:2"), FileStamps{});
  EXPECT_EQ(look_from_text(std::string_view(text).substr(0, text.size() - 1), "12:34"),
            std::nullopt);
  EXPECT_EQ(look_from_text("", "12:34"), std::nullopt);
}

}  // namespace
}  // namespace holdfast
