#include "attempt/step_files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "os/scratch.hpp"

namespace holdfast::supervision {
namespace {

using Files = std::vector<std::string>;

Files files(StepKind kind, const std::string& output, std::vector<std::string> command) {
  BuildStep step;
  step.kind = kind;
  step.output = output;
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  return files_made_by(step, words.data());
}

TEST(StepOutputs, AreTheOutputAndTheDependenciesOfACompiler) {
  EXPECT_EQ(files(StepKind::compile, "a.o", {"c++", "-MD", "-MF", "a.d", "-o", "a.o"}),
            (Files{"a.o", "a.d"}));
  EXPECT_EQ(files(StepKind::link, "app", {"ld", "-o", "app"}), Files{"app"});
  EXPECT_EQ(files(StepKind::link, "", {"ld"}), Files{});
}

TEST(StepOutputs, OfAScanAreWhatItWritesBesides) {
  EXPECT_EQ(files(StepKind::scan, "a.ddi", {"c++", "-E", "-o", "a.i", "-MF", "a.d"}),
            (Files{"a.ddi", "a.i", "a.d"}));
}

TEST(StepOutputs, OfACustomCommandAreNotKnown) {
  EXPECT_EQ(files(StepKind::custom, "x", {"generate", "-o", "x", "-MF", "x.d"}), Files{});
}

// A compiler may be told to write to a device, and root could remove it.
TEST(StepOutputs, OnlyFilesThatTheStepHasWrittenAreRemoved) {
  const os::Scratch scratch;
  const auto at = [&](const char* name) { return scratch.path(name); };
  std::ofstream(at("older.o")) << "x";
  const timespec long_ago[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, at("older.o").c_str(), long_ago, 0), 0);
  for (const char* name : {"new.o", "older.o", "fifo", "link"}) {
    BuildStep step;
    step.kind = StepKind::compile;
    step.output = at(name);
    char* no_words[] = {nullptr};
    const StepOutputs outputs(step, no_words);
    if (step.output == at("new.o")) std::ofstream(at("new.o")) << "x";
    if (step.output == at("fifo")) (void)::mkfifo(at("fifo").c_str(), 0600);
    if (step.output == at("link")) (void)::symlink("older.o", at("link").c_str());
    outputs.remove();
  }
  EXPECT_FALSE(std::filesystem::exists(at("new.o")));
  EXPECT_TRUE(std::filesystem::exists(at("older.o")));
  EXPECT_TRUE(std::filesystem::is_fifo(at("fifo")));
  EXPECT_TRUE(std::filesystem::is_symlink(at("link")));
}

TEST(StepOutputs, AreFoundWhereTheStepBeganWhereverItIsNow) {
  const os::Scratch scratch;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.path());
  BuildStep step;
  step.kind = StepKind::compile;
  step.output = "a.o";
  char* no_words[] = {nullptr};
  const StepOutputs outputs(step, no_words);
  std::ofstream("a.o") << "x";
  std::filesystem::current_path("/");
  outputs.remove();
  outputs.go_there();
  EXPECT_EQ(std::filesystem::current_path(), std::filesystem::canonical(scratch.path()));
  std::filesystem::current_path(before);
  EXPECT_FALSE(std::filesystem::exists(scratch.path("a.o")));
}

TEST(StepOutputs, AnOptionWithoutItsWordNamesNoFile) {
  EXPECT_EQ(files(StepKind::compile, "a.o", {"c++", "-MF"}), Files{"a.o"});
}

}  // namespace
}  // namespace holdfast::supervision
