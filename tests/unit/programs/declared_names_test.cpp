#include "programs/reference.hpp"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

TEST(DeclaredNames, AreTheEntriesOfEachSection) {
  const std::vector<DeclaredName> names = declared_names(
      "#[===[.rst:\nHead\n----\n\n``NOT_YET`` is in a sentence.\n\nVariables\n^^^^^^^^^\n\n"
      "``A``\n  One\n  two.\n``B``, ``C``\n  As "
      ":prop_test:`TIMEOUT`.\n\nTargets\n^^^^^^^\n\n``D``\n"
      "  Last\n#]===]\n``E``\n  No more.\n");
  ASSERT_EQ(names.size(), 4U);
  EXPECT_EQ(names[0].name, "A");
  EXPECT_EQ(names[0].section, "Variables");
  EXPECT_EQ(names[0].text, "One two.");
  EXPECT_EQ(names[1].name, "B");
  EXPECT_EQ(names[2].name, "C");
  EXPECT_EQ(names[2].text, "As TIMEOUT.");
  EXPECT_EQ(names[3].name, "D");
  EXPECT_EQ(names[3].section, "Targets");
  EXPECT_EQ(names[3].text, "Last");
}

TEST(DeclaredNames, ACommandHasItsFirstParagraphAndItsUsage) {
  const std::vector<DeclaredName> names = declared_names(
      "#[===[.rst:\n.. command:: add_it\n\n  Adds\n  ``it``::\n\n    add_it(<name>\n"
      "      [A])\n\n  More.\n\n  ``A``\n    An a.\n#]===]\n");
  ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(names[0].name, "add_it");
  EXPECT_EQ(names[0].text, "Adds it:");
  EXPECT_EQ(names[0].usage, "add_it(<name>\n  [A])\n");
  EXPECT_EQ(declared_names(".. command:: b\n\n  Is\n  it.\n\n  No more.\n")[0].text, "Is it.");
}

TEST(DeclaredNames, MarksAreLeftOut) {
  EXPECT_EQ(without_marks("``a`` and `b`, :command:`c` :not a role"), "a and b, c :not a role");
  EXPECT_EQ(without_marks("as [text](../guide/locks.md#y) says"), "as text says");
  EXPECT_EQ(without_marks("see ([x](../guide/locks.md#y)), ([y](log.md))"),
            "see (docs/guide/locks.md), (docs/reference/log.md)");
  EXPECT_EQ(without_marks("see [below](#locks)"), "see docs/reference/config.md");
  EXPECT_EQ(without_marks("[profile.NAME] [a] (b) [c](d"), "[profile.NAME] [a] (b) [c](d");
}

TEST(DeclaredNames, AQuoteThatIsNotClosedIsNoName) {
  EXPECT_TRUE(
      declared_names("#[===[.rst:\nHead\n----\n\nVariables\n^^^^^^^^^\n\n``A\n  One.\n#]===]\n")
          .empty());
}

}  // namespace
}  // namespace holdfast::cli
