// What is made of Ninja's words and of the files in a build tree; a script answers in Ninja's
// place.
#include "affected/ninja_build.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "affected/find_affected.hpp"
#include "affected/named_files.hpp"
#include "affected/ninja.hpp"
#include "os/scratch.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

// A source tree `s` and a build tree `b`.
class NinjaBuilds : public testing::Test {
 protected:
  void SetUp() override {
    top_ = fs::canonical(scratch_.path()).string();
    fs::create_directories(top_ + "/s");
    fs::create_directories(top_ + "/b/CMakeFiles/d");
    ninja_says("cat compdb.json");
    file("b/build.ninja", 5);
    tree_ = {top_ + "/b", top_ + "/ninja", "build.ninja"};
  }

  void ninja_says(const std::string& script) const {
    std::ofstream(top_ + "/ninja") << "#!/bin/sh\n" << script << "\n";
    fs::permissions(top_ + "/ninja", fs::perms::owner_all);
  }
  // Written at that second.
  void file(const std::string& name, int second, const std::string& text = "") const {
    const std::string path = top_ + "/" + name;
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
    const timespec time{k_begin + second, 0};
    const timespec times[] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0) << path;
  }
  void gone(const std::string& name) const { fs::remove(top_ + "/" + name); }

  void step(const std::string& rule, const Strings& inputs, const Strings& outputs) {
    const std::string address = "0xe" + std::to_string(++steps_);
    graph_ += "\"" + address + "\" [label=\"" + rule + "\", shape=ellipse]\n";
    for (const std::string& output : outputs)
      graph_ += "\"" + address + "\" -> \"" + output + "\"\n";
    for (const std::string& input : inputs) {
      graph_ += "\"" + input + "\" -> \"" + address + "\" [arrowhead=none]\n";
    }
    for (const Strings& some : {inputs, outputs}) {
      for (const std::string& path : some) graph_ += "\"" + path + "\" [label=\"" + path + "\"]\n";
    }
  }
  // x is made of a.o, which is made of a.c and has read a.h. All is built.
  void program(const std::string& rule = "C_COMPILER__x") {
    step(rule, {"../s/a.c"}, {"a.o"});
    step("C_EXECUTABLE_LINKER__x", {"a.o"}, {"x"});
    deps_ = "a.o: #deps 2, deps mtime 20 (VALID)\n    ../s/a.c\n    ../s/a.h\n\n";
    file("s/a.c", 10, "#include \"a.h\"\n");
    file("s/a.h", 10);
    file("b/a.o", 20);
    file("b/x", 20);
  }
  void log(const std::string& output, int second) {
    log_ += "1\t2\t" + std::to_string(k_begin + second) + "000000000\t" + output + "\tff\n";
  }
  static std::string command(const std::string& output, const std::string& text) {
    return R"([{"output":")" + output + R"(","command":")" + text + R"("}])";
  }
  void changed(const std::string& name, bool is_tracked = true) {
    changed_.files.insert(top_ + "/" + name);
    if (!is_tracked) changed_.untracked.insert(top_ + "/" + name);
  }

  NinjaBuild make() {
    FileNames names(tree_.directory);
    return make_build(tree_, {{graph_}, deps_, log_}, names, changed_);
  }
  // `b/a.o is not built`
  Strings doubts() {
    const NinjaBuild build = make();
    Strings all;
    for (const Doubt& doubt : build.doubts) {
      std::string text = build.graph.path(doubt.output) + " " + doubt.why;
      for (std::size_t at = text.find(top_ + "/"); at != std::string::npos;
           at = text.find(top_ + "/")) {
        text.erase(at, top_.size() + 1);
      }
      all.push_back(std::move(text));
    }
    std::ranges::sort(all);
    return all;
  }
  bool leads(const std::string& from, const std::string& to) {
    const NinjaBuild build = make();
    const auto begin = build.graph.find(top_ + "/" + from);
    const auto end = build.graph.find(top_ + "/" + to);
    return begin && end && leading_to(build.graph, *end)[*begin];
  }

  static constexpr std::int64_t k_begin = 1'700'000'000;
  const os::Scratch scratch_;
  std::string top_;
  doctor::NinjaTree tree_;
  std::string graph_;
  std::string deps_;
  std::string log_;
  ChangedNames changed_;
  int steps_ = 0;
};

TEST_F(NinjaBuilds, WhatIsBuiltAndOnRecordIsNotInDoubt) {
  program();
  EXPECT_EQ(doubts(), Strings{});
  EXPECT_FALSE(make().is_unbuilt);
  EXPECT_TRUE(leads("s/a.h", "b/x"));
  const NinjaBuild build = make();
  EXPECT_TRUE(build.compiled.contains(*build.graph.find(top_ + "/s/a.c")));
  EXPECT_TRUE(build.objects.contains(*build.graph.find(top_ + "/b/a.o")));
}

TEST_F(NinjaBuilds, AnObjectIsInDoubtIfItIsNotKnownWhatItsCompilerWouldReadNow) {
  program();
  gone("b/a.o");
  EXPECT_EQ(doubts(), Strings{"b/a.o is not built"});
  EXPECT_TRUE(make().is_unbuilt);
  file("b/a.o", 20);
  const std::string whole = deps_;
  deps_.clear();
  EXPECT_EQ(doubts(), Strings{"b/a.o was built, but Ninja has no record of its headers"});
  deps_ = whole;
  deps_.replace(deps_.find("VALID"), 5, "STALE");
  EXPECT_EQ(doubts(), Strings{"b/a.o is newer than Ninja's record of its headers"});
  deps_ = whole;
  file("s/a.h", 30);
  EXPECT_EQ(doubts(), Strings{"b/a.o is older than s/a.h"});
  changed("s/a.h");
  EXPECT_EQ(doubts(), Strings{}) << "that it changed is known";
  changed_ = {};
  gone("s/a.h");
  EXPECT_EQ(doubts(), Strings{"b/a.o is older than s/a.h"});
  file("s/a.h", 10);
  // The compiler took its time, and the source was written meanwhile.
  log("a.o", 9);
  EXPECT_EQ(doubts(), Strings{"b/a.o is older than s/a.c"});
}

TEST_F(NinjaBuilds, WhatAStepWouldMakeIsInDoubtItselfAndNotItsUsers) {
  program();
  step("CUSTOM_COMMAND", {"../s/gen.in"}, {"gen.h"});
  deps_.insert(deps_.find("    ../s/a.h"), "    gen.h\n");
  file("s/gen.in", 10);
  EXPECT_EQ(doubts(), Strings{"b/gen.h is not built"});
  file("b/gen.h", 15);
  EXPECT_EQ(doubts(), Strings{});
  file("s/gen.in", 18);
  EXPECT_EQ(doubts(), Strings{"b/gen.h is older than s/gen.in"});
  log("gen.h", 19);
  EXPECT_EQ(doubts(), Strings{}) << "the command ran, and has left it as it was";
}

TEST_F(NinjaBuilds, AllOutputsAreInDoubtIfTheOldestIs) {
  step("CUSTOM_COMMAND", {"../s/in"}, {"one", "two"});
  file("s/in", 10);
  file("b/one", 30);
  file("b/two", 5);
  EXPECT_EQ(doubts(), (Strings{"b/one is older than s/in", "b/two is older than s/in"}));
}

TEST_F(NinjaBuilds, ATargetWithoutAFileIsNotMissing) {
  step("CUSTOM_COMMAND", {}, {"all.util"});
  step("CUSTOM_COMMAND", {}, {"CMakeFiles/check"});
  step("CUSTOM_COMMAND", {}, {"check"});
  step("CLEAN", {}, {"clean"});
  step("HELP", {}, {"help"});
  EXPECT_EQ(doubts(), Strings{"b/check is not built"});
  const NinjaBuild build = make();
  for (const char* name : {"/b/clean", "/b/help"}) EXPECT_FALSE(build.graph.find(top_ + name));
}

TEST_F(NinjaBuilds, WithoutARecordTheTextOfASourceTellsWhatItIncludes) {
  program();
  deps_.clear();
  file("b/compdb.json", 1, command("a.o", "cc -I../s -o a.o -c ../s/a.c"));
  EXPECT_EQ(doubts(), Strings{});
  EXPECT_TRUE(leads("s/a.h", "b/x"));
  // A header that is gone; git says that it was there.
  file("s/a.c", 10, "#include \"gone.h\"\n");
  EXPECT_FALSE(leads("s/gone.h", "b/x"));
  changed("s/gone.h");
  EXPECT_TRUE(leads("s/gone.h", "b/x"));
  file("s/a.c", 10, "#include NAME\n");
  const Strings unknown{"b/a.o was built, but Ninja has no record of its headers"};
  EXPECT_EQ(doubts(), unknown);
  file("s/a.c", 10, "");
  EXPECT_EQ(doubts(), Strings{});
  file("b/compdb.json", 1, command("a.o", "cc @a.rsp -o a.o -c ../s/a.c"));
  EXPECT_EQ(doubts(), unknown) << "the file may name any directory";
  ninja_says("exit 1");
  EXPECT_EQ(doubts(), unknown);
}

TEST_F(NinjaBuilds, OnlyTextsOfCAreRead) {
  program("Fortran_COMPILER__x");
  deps_.clear();
  file("b/compdb.json", 1, command("a.o", "cc -I../s -o a.o -c ../s/a.c"));
  EXPECT_EQ(doubts(), Strings{"b/a.o was built, but Ninja has no record of its headers"});
}

TEST_F(NinjaBuilds, ACustomCommandReadsWhatItNames) {
  step("CUSTOM_COMMAND", {"../s/list"}, {"out.txt"});
  step("C_EXECUTABLE_LINKER__tool", {"tool.o"}, {"tool"});
  file("b/compdb.json", 1, command("out.txt", "./tool ../s/data.txt -o out.txt"));
  EXPECT_TRUE(leads("b/tool.o", "b/out.txt")) << "it starts the program";
  EXPECT_FALSE(leads("s/data.txt", "b/out.txt"));
  changed("s/data.txt");
  EXPECT_TRUE(leads("s/data.txt", "b/out.txt"));
  const NinjaBuild build = make();
  const auto out = build.graph.find(top_ + "/b/out.txt");
  const auto& inputs = build.graph.inputs_of(*build.graph.maker_of(*out));
  EXPECT_EQ(std::ranges::count(inputs, *out), 0) << "it is no input of itself";
}

TEST_F(NinjaBuilds, ADepfileIsReadWhereCMakeOrTheStepPutsIt) {
  program();
  step("CUSTOM_COMMAND", {"../s/list"}, {"sub/out.txt"});
  file("b/CMakeFiles/d/1a.d", 1, "sub/out.txt: ../s/one.txt\n");
  file("b/sub/out.d", 1, "sub/out.txt: ../s/two.txt\na.o: ../s/other.h\n");
  file("b/sub/out.txt.notes", 1, "sub/out.txt: ../s/notes.txt\n");
  EXPECT_TRUE(leads("s/one.txt", "b/sub/out.txt"));
  EXPECT_TRUE(leads("s/two.txt", "b/sub/out.txt"));
  EXPECT_FALSE(leads("s/notes.txt", "b/sub/out.txt"));
  EXPECT_FALSE(leads("s/other.h", "b/a.o")) << "Ninja has taken that into its record";
}

TEST_F(NinjaBuilds, ATreeIsOlderThanItsProjectIfCMakeWouldConfigureItAgain) {
  step("RERUN_CMAKE", {"../s/CMakeLists.txt", "made.cmake"}, {"build.ninja"});
  step("CUSTOM_COMMAND", {"../s/in"}, {"made.cmake"});
  file("s/in", 1);
  file("s/CMakeLists.txt", 4);
  file("b/made.cmake", 9);
  EXPECT_EQ(make().newer_than_manifest, "") << "a step makes the other one, and may do so again";
  file("s/CMakeLists.txt", 6);
  EXPECT_EQ(make().newer_than_manifest, top_ + "/s/CMakeLists.txt");
  changed("s/CMakeLists.txt");
  EXPECT_EQ(make().newer_than_manifest, "");
}

// git does not track it, and a step makes it.
TEST_F(NinjaBuilds, WhatIsNewerThanWhatIsMadeOfItWasWritten) {
  program();
  step("CUSTOM_COMMAND", {"../s/gen.in"}, {"gen.h"});
  deps_.insert(deps_.find("    ../s/a.h"), "    gen.h\n");
  file("s/gen.in", 10);
  file("b/gen.h", 15);
  changed("b/gen.h", false);
  const auto is_rewritten = [&] {
    const NinjaBuild build = make();
    return build.rewritten.contains(*build.graph.find(top_ + "/b/gen.h"));
  };
  EXPECT_FALSE(is_rewritten());
  file("b/gen.h", 30);
  EXPECT_TRUE(is_rewritten());
  EXPECT_EQ(doubts(), Strings{"b/a.o is older than b/gen.h"});
}

TEST_F(NinjaBuilds, ASourceThatIsALinkIsTheFileToWhichItLeads) {
  program();
  file("s/real.c", 10);
  gone("s/a.c");
  fs::create_symlink("real.c", top_ + "/s/a.c");
  EXPECT_TRUE(leads("s/real.c", "b/x"));
  file("s/real.c", 30);
  EXPECT_EQ(doubts(), Strings{"b/a.o is older than s/a.c"});
}

// The path of the input leads through it.
TEST_F(NinjaBuilds, AChangedLinkIsAnInputToo) {
  step("CUSTOM_COMMAND", {"../s/link/in"}, {"out"});
  file("s/real/in", 1);
  fs::create_directory_symlink("real", top_ + "/s/link");
  EXPECT_FALSE(leads("s/link", "b/out"));
  changed_.links.insert(top_ + "/s/link");
  EXPECT_TRUE(leads("s/link", "b/out"));
  EXPECT_TRUE(leads("s/real/in", "b/out"));
}

TEST_F(NinjaBuilds, ListsOfCMakeAreOfTheNamesThatFilesHaveHere) {
  file("s/real/a.txt", 1);
  fs::create_directory_symlink("real", top_ + "/s/link");
  file("b/CMakeFiles/VerifyGlobs.cmake", 1,
       "file(GLOB NEW_GLOB LIST_DIRECTORIES true \"" + top_ +
           "/s/link/*.txt\")\nset(OLD_GLOB\n  \"" + top_ + "/s/link/a.txt\"\n  )\n");
  const NinjaBuild build = make();
  EXPECT_TRUE(build.globs.would_add(top_ + "/s/real/new.txt"));
  EXPECT_FALSE(build.globs.would_add(top_ + "/s/real/a.txt"));
}

// Asking Ninja.

TEST_F(NinjaBuilds, NinjaIsAskedWithoutBuildingAnything) {
  ninja_says(
      "echo \"$*\" >>asked; cat >included; echo \"status $NINJA_STATUS.\" >>asked\n"
      "case \"$*\" in *targets*) printf 'one: x\\ntwo: x\\n';; *graph*) echo graph;;\n"
      "*) echo deps;; esac");
  file("b/.ninja_log", 1, "log");
  const Result<doctor::NinjaTexts> texts = doctor::ask_ninja(tree_);
  ASSERT_TRUE(texts) << to_text(texts.error());
  EXPECT_EQ(texts->graphs, Strings{"graph\n"});
  EXPECT_EQ(texts->deps, "deps\n");
  EXPECT_EQ(texts->log, "log");
  std::ifstream asked(tree_.directory + "/asked");
  Strings lines;
  for (std::string line; std::getline(asked, line);) lines.push_back(line);
  std::ranges::sort(lines);
  EXPECT_EQ(
      lines,
      (Strings{"-f /proc/self/fd/0 -n -t deps", "-f /proc/self/fd/0 -n -t graph one two",
               "-f /proc/self/fd/0 -n -t targets depth 1", "status .", "status .", "status ."}));
  std::string included;
  std::getline(std::ifstream(tree_.directory + "/included"), included);
  EXPECT_EQ(included, "include build.ninja");
}

TEST_F(NinjaBuilds, WhichOfItsToolsFailsIsSaidWithNinjasError) {
  for (const std::string tool : {"targets", "graph", "deps"}) {
    ninja_says("case \"$*\" in *\"-t " + tool +
               "\"*) printf 'warned\\nninja: error: no tree\\nin line 7\\n' >&2; exit 1;; "
               "*targets*) echo 'one: x';; esac");
    const Result<doctor::NinjaTexts> texts = doctor::ask_ninja(tree_);
    ASSERT_FALSE(texts) << tool;
    const std::string said = to_text(texts.error());
    EXPECT_NE(said.find("ninja -t " + tool), std::string::npos) << said;
    EXPECT_NE(said.find("ninja: error: no tree"), std::string::npos) << said;
    EXPECT_EQ(said.find("line 7"), std::string::npos) << said;
  }
  ninja_says("echo it says so on stdout; exit 1");
  const Result<doctor::NinjaTexts> texts = doctor::ask_ninja(tree_);
  ASSERT_FALSE(texts);
  EXPECT_NE(to_text(texts.error()).find("it says so on stdout"), std::string::npos)
      << to_text(texts.error());
}

TEST_F(NinjaBuilds, WhyNinjaWouldMakeTargetsIsWhatItExplains) {
  ninja_says("echo \"$*\" >asked; echo made; echo explained >&2");
  const Result<std::string> why = doctor::ask_ninja_why(tree_, {"one", "two"});
  ASSERT_TRUE(why) << to_text(why.error());
  EXPECT_EQ(*why, "explained\n");
  std::string asked;
  std::getline(std::ifstream(tree_.directory + "/asked"), asked);
  EXPECT_EQ(asked, "-f /proc/self/fd/0 -n -d explain one two");
  ninja_says("exit 1");
  EXPECT_FALSE(doctor::ask_ninja_why(tree_, {"one"}));
}

// Trees of which nothing is known.

class Trees : public NinjaBuilds {
 protected:
  void cache(const std::string& text) const { file("b/CMakeCache.txt", 1, text); }
  std::string refused(const std::string& configuration = {}) const {
    const Result<FoundAffected> found =
        find_affected({tree_.directory, "HEAD", configuration}, std::vector<ListedTest>());
    return found ? "found" : to_text(found.error());
  }
};

TEST_F(Trees, OfAnotherGeneratorOrOfNoneAreRefused) {
  EXPECT_EQ(
      refused(),
      tree_.directory + ": expected a build tree of CMake's generator Ninja, found no generator");
  cache("CMAKE_GENERATOR:INTERNAL=Unix Makefiles\n");
  EXPECT_EQ(refused(),
            tree_.directory +
                ": expected a build tree of CMake's generator Ninja, found \"Unix Makefiles\"");
}

TEST_F(Trees, OfSeveralConfigurationsNeedTheNameOfOne) {
  cache("CMAKE_GENERATOR:INTERNAL=Ninja Multi-Config\n");
  EXPECT_EQ(refused(), tree_.directory + " has several configurations: expected --config CFG");
  EXPECT_EQ(refused("Odd"), "failed to read " + tree_.directory +
                                "/build-Odd.ninja: No such file or directory: expected a tree that "
                                "is configured");
  cache("CMAKE_GENERATOR:INTERNAL=Ninja\n");
  gone("b/build.ninja");
  EXPECT_NE(refused("Odd").find("/build.ninja: No such file or directory"), std::string::npos)
      << refused("Odd");
}

TEST_F(Trees, WithoutSourcesInAWorkTreeOfGitAreRefused) {
  cache("CMAKE_GENERATOR:INTERNAL=Ninja\n");
  EXPECT_EQ(refused(), tree_.directory + ": expected a build tree that CMake configured");
  fs::create_directory(top_ + "/none");
  cache("CMAKE_GENERATOR:INTERNAL=Ninja\nCMAKE_HOME_DIRECTORY:INTERNAL=" + top_ + "/none\n");
  ::setenv("GIT_CEILING_DIRECTORIES", top_.c_str(), 1);
  const std::string said = refused();
  ::unsetenv("GIT_CEILING_DIRECTORIES");
  EXPECT_TRUE(said.starts_with(top_ + "/none: expected a work tree of git (git: ")) << said;
}

}  // namespace
}  // namespace holdfast::cli
