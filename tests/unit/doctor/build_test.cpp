// Asks a real Ninja, with files of its own that have steps which run in each build.
#include "doctor/tree/build.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "os/process/execute.hpp"

namespace holdfast::doctor {
namespace {

namespace fs = std::filesystem;

class BuildOfNinja : public testing::Test {
 protected:
  void SetUp() override {
    ninja_ = os::find_program("ninja");
    if (ninja_.empty()) GTEST_SKIP() << "no ninja in PATH";
    char name[] = "/tmp/holdfast-test-ninja-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    tree_ = name;
  }
  void TearDown() override {
    if (!tree_.empty()) fs::remove_all(tree_);
  }

  void write(const std::string& file, const std::string& text = "") const {
    std::ofstream(tree_ + "/" + file) << text;
  }

  void date(const std::string& file, int seconds) const {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const timespec times[] = {{now.tv_sec + seconds, 0}, {now.tv_sec + seconds, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (tree_ + "/" + file).c_str(), times, 0), 0) << file;
  }

  void build() const {
    const std::string command = fmt::format("{} -C {} >/dev/null", ninja_, tree_);
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  // `count` programs, p0 of s0 and so on, each also of what a step makes that runs in each build.
  // With `hides`, that is an input of the very step that makes the program.
  void write_programs(int count, bool hides) const {
    std::string text =
        "rule touch\n  command = touch $out\nrule never\n  command = true\n"
        "rule C_COMPILER__o\n  command = touch $out\n"
        "build stamp | v: never\nbuild other.o: touch other | v\n";
    write("other");
    date("other", -10);
    for (int i = 0; i < count; ++i) {
      text += fmt::format("build o{0}: C_COMPILER__o s{0}{1}\n", i, hides ? " | v" : "");
      text += fmt::format("build p{0}: touch o{0} other.o\n", i);
      write(fmt::format("s{}", i));
      date(fmt::format("s{}", i), -10);
    }
    write("build.ninja", text);
    write("v");
    date("v", -10);
    build();
  }

  Build look(int count) const {
    BuildOrder order{{tree_, ninja_, "build.ninja", Milliseconds{60'000}}};
    order.missing = {tree_ + "/p0", tree_ + "/nobody"};
    for (int i = 0; i < count; ++i) order.programs.push_back(fmt::format("{}/p{}", tree_, i));
    return look_at_build(order);
  }

  static std::vector<std::string> targets_of(const Build& build) {
    std::vector<std::string> targets;
    for (const MadeProgram& one : build.old) targets.push_back(one.target);
    std::ranges::sort(targets);
    return targets;
  }

  std::string ninja_;
  std::string tree_;
};

using Targets = std::vector<std::string>;

TEST_F(BuildOfNinja, OfManyProgramsBehindAStepThatRunsEachTimeOnlyTheOldOnesAreNamed) {
  for (const bool hides : {false, true}) {
    write_programs(60, hides);
    const Build well = look(60);
    EXPECT_EQ(well.trouble, "");
    EXPECT_EQ(targets_of(well), Targets{});
    ASSERT_EQ(well.missing.size(), 1U);
    EXPECT_EQ(well.missing[0].target, "p0");
    date("s7", 1);
    date("s58", 1);
    const Build seen = look(60);
    EXPECT_EQ(targets_of(seen), (Targets{"p58", "p7"})) << hides;
    EXPECT_EQ(seen.unseen, 0U);
    fs::remove_all(tree_ + "/.ninja_log");
  }
}

// Only Ninja knows that a command has changed.
TEST_F(BuildOfNinja, ProgramsOfAChangedCommandAreNamedBesideAStepThatRunsEachTime) {
  write_programs(16, false);
  std::ifstream file(tree_ + "/build.ninja");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::string command = "command = touch $out\n";
  text.replace(text.rfind(command), command.size(), "command = touch  $out\n");
  write("build.ninja", text);
  EXPECT_EQ(targets_of(look(16)).size(), 16U);
}

// Ninja names the depfile of such a step, and not its output.
TEST_F(BuildOfNinja, ProgramsAreCountedIfAReasonNamesNoOutput) {
  write("build.ninja",
        "rule touch\n  command = touch $out && echo $out: s > $out.d\n  depfile = $out.d\n"
        "build p0: touch s\nbuild p1: touch s\nbuild p2: touch s\n");
  write("s");
  date("s", -10);
  build();
  fs::remove(tree_ + "/p1.d");
  const Build seen = look(3);
  EXPECT_EQ(seen.trouble, "");
  EXPECT_EQ(seen.old.size() + seen.unseen, 3U);
  EXPECT_GT(seen.unseen, 0U);
}

TEST_F(BuildOfNinja, WhatSuchAStepHasReallyMadeMakesProgramsOld) {
  write_programs(3, true);
  date("v", 1);
  EXPECT_EQ(targets_of(look(3)), (Targets{"p0", "p1", "p2"}));
}

TEST_F(BuildOfNinja, WhatIsNewerByLessThanASecondMakesProgramsOld) {
  write_programs(3, true);
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto date_at = [&](const std::string& file, long milliseconds) {
    const timespec at{now.tv_sec + 5, milliseconds * 1'000'000};
    const timespec times[] = {at, at};
    ASSERT_EQ(::utimensat(AT_FDCWD, (tree_ + "/" + file).c_str(), times, 0), 0) << file;
  };
  date_at("o1", 200);
  date_at("s1", 100);
  date("p1", 9);
  EXPECT_EQ(targets_of(look(3)), Targets{});
  date_at("s1", 300);
  EXPECT_EQ(targets_of(look(3)), Targets{"p1"});
}

// Where the stack is small, a call takes 64 KiB of words.
TEST_F(BuildOfNinja, AGraphThatIsTooLongForOneCallIsSeenWhole) {
  constexpr int k_programs = 400;
  std::string text = "rule touch\n  command = touch $out\n";
  BuildOrder order{{tree_, ninja_, "build.ninja", Milliseconds{60'000}}};
  for (int i = 0; i < k_programs; ++i) {
    const std::string program = fmt::format("{:0>200}", i);
    text += fmt::format("build {}: touch s\n", program);
    order.programs.push_back(tree_ + "/" + program);
  }
  write("build.ninja", text);
  write("s");
  date("s", -10);
  build();
  date("s", 1);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_STACK, &before), 0);
  const rlimit small{1024 * 1024, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_STACK, &small), 0);
  const Build seen = look_at_build(order);
  ASSERT_EQ(::setrlimit(RLIMIT_STACK, &before), 0);
  EXPECT_EQ(seen.trouble, "");
  EXPECT_EQ(seen.old.size(), std::size_t{k_programs});
}

TEST_F(BuildOfNinja, AnyOutputOfAStepMayBeAProgram) {
  write("build.ninja",
        "rule touch\n  command = touch $out\n  description = x\nrule two\n  command = touch a p0\n"
        "build a p0: two s\nbuild b | p1: touch s\nbuild p2: touch\n");
  write("s");
  date("s", -10);
  write("p1");
  build();
  write("p1");
  EXPECT_EQ(targets_of(look(3)), Targets{});
  date("s", 1);
  EXPECT_EQ(targets_of(look(3)), (Targets{"p0", "p1"}));
}

TEST_F(BuildOfNinja, ATreeIsSeenThroughALinkToo) {
  write("build.ninja", "rule touch\n  command = touch $out\nbuild sub/p: touch s\n");
  write("s");
  build();
  date("s", 1);
  const std::string link = tree_ + "/link";
  fs::create_directory_symlink(tree_, link);
  const BuildOrder order{.ninja = {tree_, ninja_, "build.ninja", Milliseconds{60'000}},
                         .programs = {link + "/sub/p"}};
  const Build seen = look_at_build(order);
  EXPECT_EQ(targets_of(seen), Targets{"sub/p"});
  ASSERT_EQ(seen.old.size(), 1U);
  EXPECT_EQ(seen.old[0].path, link + "/sub/p");
}

}  // namespace
}  // namespace holdfast::doctor
