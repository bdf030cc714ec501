#include "ctest/test_graph.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(FixtureSets, ATestConnectsAllItsFixtures) {
  const FixtureSets sets = FixtureSets::read(
      "F start db\n"
      "F use db\n"
      "F use web,mail\n"
      "F other disk\n"
      "F stop web\n");
  EXPECT_EQ(sets.set_of({"db"}), sets.set_of({"mail"}));
  EXPECT_EQ(sets.set_of({"db"}), sets.set_of({"nobody's", "web"}));
  EXPECT_NE(sets.set_of({"db"}), sets.set_of({"disk"}));
  EXPECT_FALSE(sets.set_of({"nobody's"}));
  EXPECT_FALSE(sets.set_of({}));
}

TEST(FixtureSets, AChainOfTestsIsOneSet) {
  std::string notes;
  for (int i = 0; i < 1000; ++i) {
    notes +=
        "F t" + std::to_string(i) + " f" + std::to_string(i) + ",f" + std::to_string(i + 1) + "\n";
  }
  const FixtureSets sets = FixtureSets::read(notes);
  for (const char* fixture : {"f1", "f500", "f1000"}) {
    EXPECT_EQ(sets.set_of({fixture}), sets.set_of({"f0"})) << fixture;
  }
}

TEST(FixtureSets, KnowWhetherServicesAreUsed) {
  FixtureSets sets =
      FixtureSets::read("F stop db\nF stop web\nF use db\nS use\nF plain disk\nS alone\n");
  EXPECT_TRUE(sets.uses_services(*sets.set_of({"db"})));
  const std::size_t disk = *sets.set_of({"disk"});
  EXPECT_FALSE(sets.uses_services(disk));
  sets.note_services(disk);
  EXPECT_TRUE(sets.uses_services(disk));
}

TEST(FixtureSets, NamesAreDecoded) {
  const FixtureSets sets = FixtureSets::read("F a%20b x%2Cy,z\nF c z\n");
  EXPECT_TRUE(sets.set_of({"x,y"}));
  EXPECT_EQ(sets.set_of({"x,y"}), sets.set_of({"z"}));
}

TEST(FixtureSets, WhatIsNoNoteDoesNotCount) {
  for (const char* notes : {"", "\n\n", "F", "F \n", "X t f\n", "F t\n", "F t ,,\n", "garbage"}) {
    EXPECT_FALSE(FixtureSets::read(notes).set_of({"f", "t", "", ",,"})) << notes;
  }
}

}  // namespace
}  // namespace holdfast
