#include "core/batch/name_index.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast {
namespace {

TEST(NameIndex, FindsNothingInAnEmptyOne) {
  const NameIndex index;
  EXPECT_EQ(index.find("a", [](std::uint32_t) { return std::string(); }), std::nullopt);
}

TEST(NameIndex, FindsEachWhereItIsKeptHoweverManyThereAre) {
  std::vector<std::string> names;
  NameIndex index;
  const auto name_at = [&](std::uint32_t place) -> const std::string& { return names[place]; };
  for (int i = 0; i < 5000; ++i) {
    const std::string name = "Suite.Case/" + std::to_string(i);
    ASSERT_EQ(index.find(name, name_at), std::nullopt) << name;
    const auto place = static_cast<std::uint32_t>(names.size());
    ASSERT_EQ(index.find_or_add(name, place, name_at), place);
    names.push_back(name);
    ASSERT_EQ(index.find_or_add(name, place + 1, name_at), place);
    ASSERT_EQ(index.find(names[names.size() / 2], name_at), names.size() / 2);
  }
  for (std::uint32_t place = 0; place < names.size(); ++place) {
    EXPECT_EQ(index.find(names[place], name_at), place);
  }
  EXPECT_EQ(index.find("Suite.Case/5000", name_at), std::nullopt);
  EXPECT_EQ(index.find("", name_at), std::nullopt);
}

}  // namespace
}  // namespace holdfast
