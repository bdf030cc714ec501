#include "doctor/tree/attachment.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "doctor/found.hpp"

namespace holdfast::doctor {
namespace {

TEST(Attachment, AWholeOneIsNoFinding) {
  Attachment attachment{"/b"};
  EXPECT_EQ(kinds_of(check_attachment(attachment)), Kinds{});
  attachment.package = "/opt/a";
  attachment.own_package = "/opt/b";
  EXPECT_EQ(kinds_of(check_attachment(attachment)), Kinds{"other_holdfast"});
  attachment.has_package = false;
  EXPECT_EQ(kinds_of(check_attachment(attachment)), Kinds{"holdfast_gone"});
}

TEST(Attachment, WhatKeepsHoldfastOutIsNamed) {
  Attachment attachment{"/b"};
  attachment.is_attached = false;
  attachment.is_off = true;
  attachment.cannot_watch = "/proc is of another PID namespace, not of ours";
  attachment.configured_at = "/a";
  attachment.said = {"\"t\": HOLDFAST_LOCK is no property of Holdfast's: ignoring it"};
  EXPECT_EQ(
      kinds_of(check_attachment(attachment)),
      (Kinds{"not_attached", "cannot_supervise", "switched_off", "tree_moved", "said_by_ctest"}));
  const Findings found = check_attachment(attachment);
  EXPECT_EQ(found[0].where, "/b/CTestTestfile.cmake");
  EXPECT_EQ(found[1].what,
            "tests run without Holdfast: /proc is of another PID namespace, not of ours");
  EXPECT_EQ(found[2].command, "unset HOLDFAST_DISABLE");
  EXPECT_EQ(found[3].what, "the tree was configured in /a: tests may start programs there");
  EXPECT_EQ(found[3].command, "cmake --fresh -B /b");
  EXPECT_EQ(found[4].what, attachment.said[0]);
  Attachment broken{"/b"};
  broken.broken = "/opt/holdfast-launcher cannot be executed";
  ASSERT_EQ(kinds_of(check_attachment(broken)), Kinds{"holdfast_gone"});
  EXPECT_EQ(check_attachment(broken)[0].what, broken.broken);
}

TEST(Attachment, AConfigureStepNamesTheSources) {
  Attachment attachment{"/b c"};
  attachment.package = "/opt/a";
  attachment.has_package = false;
  EXPECT_EQ(check_attachment(attachment)[0].command, "cmake -B '/b c'");
  attachment.sources = "/s";
  EXPECT_EQ(check_attachment(attachment)[0].command, "cmake -B '/b c' -S /s");
}

TEST(Attachment, APackageInTheTreeMovesWithIt) {
  namespace fs = std::filesystem;
  char name[] = "/tmp/holdfast-test-attachment-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  const std::string tree = name;
  fs::create_directories(tree + "/.holdfast");
  fs::create_directories(tree + "/_deps/lib/cmake/Holdfast");
  std::ofstream(tree + "/CTestTestfile.cmake") << "include(\".holdfast/attach.cmake\")\n";
  std::ofstream(tree + "/.holdfast/attach.cmake")
      << "set(_holdfast_package_dir [==[_deps/lib/cmake/Holdfast]==])\n";
  Attachment attachment = look_at_attachment(tree, tree);
  EXPECT_TRUE(attachment.is_attached);
  EXPECT_EQ(attachment.package, tree + "/_deps/lib/cmake/Holdfast");
  EXPECT_FALSE(attachment.has_package);
  EXPECT_EQ(attachment.configured_at, "");
  std::ofstream(attachment.package + "/attach.cmake") << "\n";
  attachment = look_at_attachment(tree, "/elsewhere");
  EXPECT_TRUE(attachment.has_package);
  EXPECT_EQ(attachment.configured_at, "/elsewhere");
  fs::remove_all(tree);
}

TEST(Attachment, AFileThatNobodyReadsIsNone) {
  namespace fs = std::filesystem;
  char name[] = "/tmp/holdfast-test-attachment-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  const std::string tree = name;
  fs::create_directories(tree + "/.holdfast");
  std::ofstream(tree + "/CTestTestfile.cmake") << "include(\".holdfast/attach.cmake\")\n";
  EXPECT_FALSE(look_at_attachment(tree, "").is_attached);
  std::ofstream(tree + "/.holdfast/attach.cmake") << "# names no package\n";
  const Attachment attachment = look_at_attachment(tree, "");
  EXPECT_TRUE(attachment.is_attached);
  EXPECT_TRUE(attachment.has_package);
  EXPECT_EQ(attachment.own_package, "");
  EXPECT_EQ(attachment.configured_at, "");
  std::ofstream(tree + "/CTestTestfile.cmake") << "add_test(t true)\n";
  EXPECT_FALSE(look_at_attachment(tree, "").is_attached);
  fs::remove_all(tree);
}

TEST(Attachment, TheFilesOfCmakeAreRead) {
  EXPECT_EQ(value_in("set(a 1)\nset(_dir [==[/opt/a ]b]==])\n", "_dir"), "/opt/a ]b");
  EXPECT_EQ(value_in("set(_dir [==[/opt", "_dir"), "");
  EXPECT_EQ(value_in("", "_dir"), "");
  EXPECT_EQ(lines_of_holdfast("x\nholdfast: a: b\nCMake Warning\n"
                              "holdfast: /p: its interpreter /i is missing\n"
                              "holdfast: this tree was configured by Holdfast 1, 2 is installed; "
                              "they fit\nholdfast: c"),
            (std::vector<std::string>{"a: b", "c"}));
}

}  // namespace
}  // namespace holdfast::doctor
