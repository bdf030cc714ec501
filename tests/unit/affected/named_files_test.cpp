// The files that a test names, and the names of files, with real directories and links.
#include "affected/named_files.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "values/file_glob.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

// A source tree `s` and a build tree `b`, and a test of it.
class NamedFiles : public testing::Test {
 protected:
  NamedFiles() {
    char name[] = "/tmp/holdfast-test-names-XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    top_ = fs::canonical(name).string();
    source_ = top_ + "/s";
    tree_ = top_ + "/b";
    fs::create_directories(source_ + "/data");
    fs::create_directory(tree_);
    write(tree_ + "/prog");
    test_.name = "t";
    test_.directory = tree_;
    test_.command = {tree_ + "/prog"};
    make(tree_ + "/prog");
  }
  ~NamedFiles() override { fs::remove_all(top_); }

  static void write(const std::string& path, const std::string& text = "") {
    std::ofstream(path) << text;
  }

  // Ninja makes it of something.
  void make(const std::string& path) {
    const BuildGraph::Step step = graph_.add_step(false);
    graph_.add_input(step, graph_.node(source_ + "/main.c"));
    graph_.add_output(step, graph_.node(path));
  }

  void look() {
    FileNames names(tree_);
    NamedByTests all = named_by({test_}, {graph_, services_, tree_, source_, links_}, names);
    ASSERT_EQ(all.tests.size(), 1U);
    seen_ = std::move(all.tests[0]);
    groups_ = std::move(all.groups);
  }

  bool names(const std::string& path) const {
    const auto is_it = [&](const NamedFile& file) { return graph_.path(file.node) == path; };
    return std::ranges::any_of(seen_.files, is_it);
  }

  bool has_group(FileGroup::Kind kind, const std::string& path) const {
    const auto is_it = [&](const NamedGroup& named) {
      const FileGroup& group = groups_[named.group];
      return group.kind == kind && group.path == path;
    };
    return std::ranges::any_of(seen_.groups, is_it);
  }

  std::string top_;
  std::string source_;
  std::string tree_;
  BuildGraph graph_;
  const UsedServices services_{};
  const std::unordered_set<std::string> links_{};
  ListedTest test_;
  CandidateTest seen_;
  std::vector<FileGroup> groups_;
};

TEST_F(NamedFiles, AProgramThatNobodyNamesOrFindsIsMissing) {
  look();
  EXPECT_EQ(seen_.trouble, ProgramTrouble::none);
  EXPECT_TRUE(names(tree_ + "/prog"));
  test_.command = {"no-such-program"};
  look();
  EXPECT_EQ(seen_.trouble, ProgramTrouble::missing);
  EXPECT_EQ(seen_.program, "no-such-program");
  fs::create_directory(tree_ + "/directory");
  test_.command = {"directory"};
  look();
  EXPECT_EQ(seen_.trouble, ProgramTrouble::missing);
  test_.command.clear();
  look();
  EXPECT_EQ(seen_.trouble, ProgramTrouble::missing);
}

TEST_F(NamedFiles, AProgramIsFoundFromWhereTheTestRuns) {
  make(tree_ + "/sub/later");
  test_.command = {"sub/later"};
  look();
  EXPECT_EQ(seen_.trouble, ProgramTrouble::none);
  EXPECT_TRUE(names(tree_ + "/sub/later"));
}

TEST_F(NamedFiles, VariablesNameFilesAndWhatHasNoValueNamesNone) {
  for (const char* const file : {"/a.in", "/b.in", "/c.in"}) {
    write(source_ + file);
    graph_.node(source_ + file);
  }
  test_.environment = {"A=" + source_ + "/a.in", source_ + "/b.in", "EMPTY="};
  test_.modifications = {"C=set:" + source_ + "/c.in"};
  look();
  EXPECT_TRUE(names(source_ + "/a.in"));
  EXPECT_FALSE(names(source_ + "/b.in"));
  EXPECT_TRUE(names(source_ + "/c.in"));
  EXPECT_TRUE(seen_.groups.empty());
}

TEST_F(NamedFiles, WhereProgramsAndLibrariesAreFoundSaysNothingOfTheBuildTree) {
  fs::create_directory(tree_ + "/lib");
  for (const char* const name : {"PATH", "LD_LIBRARY_PATH"}) {
    test_.environment = {std::string(name) + "=" + tree_ + "/lib"};
    look();
    EXPECT_FALSE(has_group(FileGroup::Kind::directory, tree_ + "/lib")) << name;
  }
  test_.environment = {"DATA=" + tree_ + "/lib"};
  look();
  EXPECT_TRUE(has_group(FileGroup::Kind::directory, tree_ + "/lib"));
}

TEST_F(NamedFiles, AnArgumentMayBeEmptyAndMayBeLongerThanAnyPath) {
  test_.directory = source_;
  test_.command = {tree_ + "/prog", "", "/" + std::string(10'000, 'x')};
  look();
  EXPECT_EQ(seen_.files.size(), 1U);
  ASSERT_EQ(seen_.groups.size(), 0U);
}

TEST_F(NamedFiles, ADirectoryOfTheSourcesInWhichATestRunsMayBeRead) {
  test_.directory = source_ + "/data";
  look();
  EXPECT_TRUE(has_group(FileGroup::Kind::not_built, source_ + "/data"));
  test_.directory = source_;
  look();
  EXPECT_TRUE(seen_.groups.empty());
}

TEST_F(NamedFiles, ADirectoryAroundTheSourcesOrTheTreeIsNotMeantAsAWhole) {
  test_.command.push_back(top_);
  look();
  EXPECT_TRUE(seen_.groups.empty());
  test_.command.back() = source_ + "/data";
  look();
  EXPECT_TRUE(has_group(FileGroup::Kind::directory, source_ + "/data"));
}

TEST_F(NamedFiles, AWordWithAStarMayBeAGlob) {
  test_.command.push_back(source_ + "/data/*.in");
  look();
  EXPECT_TRUE(has_group(FileGroup::Kind::doubt, source_ + "/data/" + k_unknown + ".in"));
}

TEST_F(NamedFiles, WhatIsNotThereYetAndIsMadeIsNoDoubt) {
  make(tree_ + "/out/later.txt");
  test_.command.push_back("out/later.txt");
  look();
  EXPECT_TRUE(names(tree_ + "/out/later.txt"));
  EXPECT_FALSE(has_group(FileGroup::Kind::doubt, std::string(1, k_unknown) + "/out/later.txt"));
  test_.command.back() = "../gone/x.txt";
  look();
  EXPECT_TRUE(has_group(FileGroup::Kind::doubt, std::string(1, k_unknown) + "/gone/x.txt"));
}

TEST_F(NamedFiles, AScriptThatConfiguresAProjectStartsABuild) {
  const std::string script = source_ + "/configure.cmake";
  write(script, "try_compile(works ${dir} SOURCES a.c)\n");
  test_.command = {tree_ + "/prog", "-P", script};
  look();
  EXPECT_TRUE(seen_.builds);
  // Only who names it in the command starts it.
  test_.command = {tree_ + "/prog"};
  test_.environment = {"SCRIPT=" + script};
  look();
  EXPECT_FALSE(seen_.builds);
}

TEST(FileNames, AreTheSameHoweverAPathLeadsThere) {
  char name[] = "/tmp/holdfast-test-names-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  const std::string top = fs::canonical(name).string();
  fs::create_directories(top + "/a/b");
  std::ofstream(top + "/a/f");
  fs::create_symlink("b", top + "/a/link");
  fs::create_symlink("nothing", top + "/a/dangling");
  fs::create_symlink("loop", top + "/a/loop");
  FileNames names(top);
  EXPECT_EQ(names.of("a/b/.."), top + "/a");
  EXPECT_EQ(names.of("a/./b/../f"), top + "/a/f");
  EXPECT_EQ(names.of("a/link/x"), top + "/a/b/x");
  EXPECT_EQ(names.of("a/link"), top + "/a/link");
  EXPECT_EQ(names.of("/."), "");
  EXPECT_EQ(names.of("a/loop/x"), top + "/a/loop/x");
  EXPECT_EQ(names.target_of(top + "/a/link"), top + "/a/b");
  EXPECT_EQ(names.target_of(top + "/a/dangling"), "");
  EXPECT_EQ(names.links_on("a/./b/../link/x"), std::vector<std::string>{top + "/a/link"});
  EXPECT_FALSE(names.links_on("a/loop/x").empty());  // and it comes to an end
  EXPECT_EQ(path_from(top + "/a", top + "/c"), "../c");
  EXPECT_EQ(path_from("", top + "/c"), top + "/c");
  fs::remove_all(top);
}

}  // namespace
}  // namespace holdfast::cli
