// Whose words make a launcher an anchor. An anchor itself is tested with the programs that need it.
#include "supervision/attempt/anchor.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "child_process.hpp"
#include "core/outcome/exit_codes.hpp"

namespace holdfast::supervision {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

TEST(Anchor, IsKnownByItsFirstWord) {
  const struct {
    std::vector<std::string> words;
    bool is;
  } rows[] = {{{"holdfast-launcher"}, false},
              {{"holdfast-launcher", "--test=t", "--anchor"}, false},
              {{"holdfast-launcher", "--anchor"}, true}};
  for (const auto& row : rows) {
    std::vector<std::string> words = row.words;
    EXPECT_EQ(is_anchor(pointers_to(words).data()), row.is) << words.back();
  }
}

// A person has typed it, or a program of another version has.
TEST(Anchor, WithoutItsNumbersEndsNothing) {
  const std::vector<std::string> rows[] = {{},
                                           {"9", "0", "0", "15", "0", "0", "0"},
                                           {"9", "0", "-1", "15", "0", "0", "0", "0"},
                                           {"9", "soon", "0", "15", "0", "0", "0", "0"}};
  for (const std::vector<std::string>& row : rows) {
    os::Child child([&row] {
      std::vector<std::string> words{"holdfast-launcher", "--anchor"};
      words.insert(words.end(), row.begin(), row.end());
      return end_as_anchor(pointers_to(words).data()).value;
    });
    EXPECT_EQ(child.wait(), exit_codes::k_own_failure);
  }
}

}  // namespace
}  // namespace holdfast::supervision
