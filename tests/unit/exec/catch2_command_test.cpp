#include "exec/framework/catch2_command.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast::exec {
namespace {

// A command line of these words.
class Words {
 public:
  explicit Words(std::vector<std::string> words) : words_(std::move(words)) {
    words_.insert(words_.begin(), "program");
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
    command_.arguments = pointers_.data();
  }

  Catch2Command command() const { return Catch2Command(command_); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
  os::Command command_;
};

// What stays without its selection, reporters, output, shard and warnings.
std::string rest_of(const std::vector<std::string>& words) {
  std::string text;
  const Words given(words);
  for (const char* word :
       given.command().without({Catch2Word::selection, Catch2Word::reporter, Catch2Word::output,
                                Catch2Word::shard, Catch2Word::warning})) {
    text += (text.empty() ? "" : " ") + std::string(word);
  }
  return text;
}

TEST(Catch2CommandTest, words_that_are_no_options_select) {
  EXPECT_EQ(rest_of({"[a]", "~name", "a name", "-"}), "");
  EXPECT_EQ(rest_of({"-f", "names", "--input-file=more", "-s", "[a]"}), "-s");
}

TEST(Catch2CommandTest, a_value_is_its_options) {
  EXPECT_EQ(rest_of({"--order", "rand", "[a]", "-d", "yes", "--rng-seed=7", "-x", "3"}),
            "--order rand -d yes --rng-seed=7 -x 3");
  EXPECT_EQ(rest_of({"-r", "junit", "-o", "file", "--reporter=xml", "--out:file", "-v", "high"}),
            "");
  EXPECT_EQ(rest_of({"-sr", "compact", "-i"}), "-i");
  EXPECT_EQ(rest_of({"-w", "NoTests", "--warn=NoAssertions"}), "");
  EXPECT_EQ(rest_of({"-r"}), "");
}

TEST(Catch2CommandTest, what_catch2_does_not_know_stays_with_the_word_behind_it) {
  EXPECT_EQ(rest_of({"--config", "file", "[a]"}), "--config file");
  EXPECT_EQ(rest_of({"--config=file", "[a]"}), "--config=file");
  EXPECT_EQ(rest_of({"--fast", "-s", "[a]"}), "--fast -s");
}

TEST(Catch2CommandTest, questions_are_known) {
  for (const char* word : {"-l", "--list-tests", "--list-test-names-only", "-t", "--help", "-?"}) {
    EXPECT_TRUE(Words({"[a]", word}).command().has(Catch2Word::question)) << word;
  }
  EXPECT_FALSE(Words({"--list", "-s"}).command().has(Catch2Word::question));
}

TEST(Catch2CommandTest, a_shard_is_a_count_and_an_index) {
  const Words given({"--shard-count", "3", "--shard-index=2"});
  EXPECT_EQ(given.command().shard().count, 3U);
  EXPECT_EQ(given.command().shard().index, 2U);
  EXPECT_EQ(rest_of({"--shard-count", "3", "--shard-index=2", "-s"}), "-s");
  EXPECT_EQ(Words({"--shard-count", "many"}).command().shard().count, 1U);
}

}  // namespace
}  // namespace holdfast::exec
