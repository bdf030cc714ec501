#include "batches/program_words.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "values/framework.hpp"

namespace holdfast {
namespace {

// A command line of these words.
class Words {
 public:
  explicit Words(std::vector<std::string> words) : words_(std::move(words)) {
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }

  char* const* arguments() const { return pointers_.data(); }
  ProgramWords<Catch2Word> command() const { return catch2_words(arguments()); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

std::string joined(const std::vector<char*>& words) {
  std::string text;
  for (const char* word : words) text += (text.empty() ? "" : " ") + std::string(word);
  return text;
}

// What stays without its selection, reporters, output, shard and warnings.
std::string rest_of(const std::vector<std::string>& words) {
  const Words given(words);
  return joined(given.command().without({Catch2Word::selection, Catch2Word::reporter,
                                         Catch2Word::output, Catch2Word::shard_count,
                                         Catch2Word::shard_index, Catch2Word::warning}));
}

std::string unselected(const Framework& framework, const std::vector<std::string>& words) {
  return joined(framework.without_selection(Words(words).arguments()));
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
  EXPECT_EQ(catch2_shard(given.command()).count, 3U);
  EXPECT_EQ(catch2_shard(given.command()).index, 2U);
  EXPECT_EQ(rest_of({"--shard-count", "3", "--shard-index=2", "-s"}), "-s");
  EXPECT_EQ(catch2_shard(Words({"--shard-count", "many"}).command()).count, 1U);
  // Catch2 is to refuse these.
  EXPECT_EQ(rest_of({"--shard-count", "many", "-s"}), "--shard-count many -s");
  EXPECT_EQ(rest_of({"--shard-count=3", "--shard-index=3"}), "--shard-count=3 --shard-index=3");
  EXPECT_EQ(rest_of({"--shard-index", "1"}), "--shard-index 1");
  EXPECT_EQ(rest_of({"--shard-count=3", "--shard-index=x"}), "--shard-count=3 --shard-index=x");
}

TEST(FrameworkTest, a_selection_can_be_taken_out_of_a_command) {
  EXPECT_EQ(unselected(catch2(), {"[a]", "-s", "--shard-count", "3", "name"}), "-s");
  EXPECT_EQ(unselected(doctest(), {"--dt-tc=a,b", "-tce=c", "-test-case=d", "x"}), "-tce=c x");
  EXPECT_EQ(unselected(boost_test(), {"-t", "a/b", "--run_test=c", "--log_level=all", "-t=d", "x"}),
            "--log_level=all -t=d x");
  EXPECT_EQ(unselected(googletest(), {"--gtest_filter=a", "x"}), "--gtest_filter=a x");
}

TEST(BoostCommandTest, options_and_values_are_told_apart) {
  const Words given({"-l", "all", "--log_sink=file", "--list_contents", "own"});
  const ProgramWords<BoostWord> words = boost_words(given.arguments());
  EXPECT_EQ(words.value_of(BoostWord::log_level), "all");
  EXPECT_EQ(words.value_of(BoostWord::log_sink), "file");
  EXPECT_TRUE(words.has(BoostWord::unknown));
  EXPECT_FALSE(words.has(BoostWord::question));
  EXPECT_EQ(joined(words.without({BoostWord::log_level, BoostWord::unknown})),
            "--log_sink=file own");
  for (const char* question : {"--help", "--list_content=DOT", "--version"}) {
    const Words asked({question, "own"});
    EXPECT_TRUE(boost_words(asked.arguments()).has(BoostWord::question)) << question;
    EXPECT_TRUE(boost_words(asked.arguments()).has(BoostWord::own)) << question;
  }
  EXPECT_EQ(boost_words(Words({"-l", "all", "--log_level=error"}).arguments())
                .count(BoostWord::log_level),
            2U);
}

TEST(BoostCommandTest, an_option_without_its_value_is_left_to_boost_to_refuse) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--run_test="}, {"--run_test", "a"}, {"-t"}, {"-t", ""}, {"-t=a"}}) {
    const Words given(words);
    EXPECT_TRUE(boost_words(given.arguments()).has(BoostWord::unknown)) << words[0];
    EXPECT_FALSE(boost_words(given.arguments()).has(BoostWord::selection)) << words[0];
  }
}

}  // namespace
}  // namespace holdfast
