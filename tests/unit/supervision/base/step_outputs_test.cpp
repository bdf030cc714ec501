#include "supervision/base/step_outputs.hpp"

#include <gtest/gtest.h>

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

TEST(StepOutputs, AnOptionWithoutItsWordNamesNoFile) {
  EXPECT_EQ(files(StepKind::compile, "a.o", {"c++", "-MF"}), Files{"a.o"});
}

}  // namespace
}  // namespace holdfast::supervision
