#include "ctest/rerun.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Words = std::vector<std::string>;

RerunWords words_of(Words arguments) {
  arguments.insert(arguments.begin(), "ctest");
  const Result<RerunWords> words = rerun_words(arguments);
  EXPECT_TRUE(words) << testing::PrintToString(arguments);
  return words ? *words : RerunWords{};
}

TEST(Rerun, KeepsHowTestsRunAndDropsWhatSelectsThem) {
  const struct {
    Words arguments;
    Words kept;
  } rows[] = {
      {{}, {}},
      {{"-j8", "--output-on-failure"}, {"-j8", "--output-on-failure"}},
      {{"-j", "8", "-R", "^a$", "-E", "b", "--timeout", "5"}, {"-j", "8", "--timeout", "5"}},
      {{"-L", "fast", "-LE", "slow", "-FA", ".*"}, {"-FA", ".*"}},
      {{"-I", "1,5", "--rerun-failed", "-U", "-F", "-V"}, {"-V"}},
      {{"--tests-from-file", "/f", "--exclude-from-file", "/g", "--progress"}, {"--progress"}},
      {{"--repeat", "until-fail:3", "--repeat-until-fail", "-R"},
       {"--repeat", "until-fail:3", "--repeat-until-fail", "-R"}},
      {{"--test-dir", "/b", "-C", "Debug"}, {"-C", "Debug"}},
      {{"--tests-regex=a", "-E=b", "--build-config=Debug"}, {"--build-config=Debug"}},
      {{"--output-junit", "-R", "-Q"}, {"--output-junit", "-R", "-Q"}},
      {{"-T", "Test", "--no-tests=error"}, {"-T", "Test", "--no-tests=error"}},
      {{"-j8", "-R"}, {"-j8"}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(words_of(row.arguments).kept, row.kept) << testing::PrintToString(row.arguments);
  }
}

TEST(Rerun, ListsWithTheConfigurationAndThePreset) {
  const RerunWords words = words_of({"--preset", "ci", "-C", "Debug", "-j8", "-R", "a"});
  EXPECT_EQ(words.for_listing, (Words{"--preset", "ci", "-C", "Debug", "-R", "a"}));
  EXPECT_TRUE(words.has_preset);
  EXPECT_FALSE(words_of({"-j8"}).has_preset);
}

TEST(Rerun, TellsWhatSelectsTestsAndWhere) {
  RerunWords words = words_of({"-j8", "-R", "a", "-LE=b", "-U", "--rerun-failed", "-FS", ".*",
                               "--test-dir", "/b c", "--preset=p", "--repeat", "until-pass:2"});
  EXPECT_EQ(words.selecting, (Words{"-R", "a", "-LE=b", "-U", "--rerun-failed", "-FS", ".*"}));
  EXPECT_EQ(words.kept, (Words{"-j8", "-FS", ".*", "--preset=p", "--repeat", "until-pass:2"}));
  EXPECT_TRUE(words.selects);
  EXPECT_TRUE(words.has_preset);
  EXPECT_EQ(words.directory, "/b c");
  words = words_of({"-FA", ".*", "--test-dir=/b", "--presets-file", "f"});
  EXPECT_EQ(words.selecting, (Words{"-FA", ".*"}));
  EXPECT_FALSE(words.selects);
  EXPECT_FALSE(words.has_preset);
  EXPECT_EQ(words.directory, "/b");
  EXPECT_EQ(words.without.any, ".*");
  words = words_of({"--fixture-exclude-setup", "a", "-FC", "b"});
  EXPECT_EQ(words.without.setup + words.without.cleanup, "ab");
}

TEST(Rerun, WithoutTestsToIncludeWhatExcludesTestsSaysWhichThereAre) {
  RerunWords words = words_of({"-E", "a", "-j8", "-L", "b", "--exclude-regex=c"});
  EXPECT_EQ(words.kept, (Words{"-j8", "-E", "a", "--exclude-regex=c"}));
  EXPECT_EQ(words.for_listing, (Words{"-E", "a", "--exclude-regex=c"}));
  EXPECT_EQ(words.selecting, (Words{"-L", "b"}));
  EXPECT_FALSE(words_of({"-E", "a"}).selects);
  words = words_of({"-E", "a", "-j8", "-R", "b"});
  EXPECT_EQ(words.kept, Words{"-j8"});
  EXPECT_EQ(words.for_listing, Words{});
  EXPECT_EQ(words.selecting, (Words{"-R", "b", "-E", "a"}));
}

TEST(Rerun, ExpressionsBesideAPresetReplaceThoseOfThePreset) {
  const Words arguments{"-E", "a", "--preset", "p", "-R", "b", "-j8", "-LE=c", "-I", "1,2"};
  RerunWords words = words_of(arguments);
  EXPECT_EQ(words.kept, (Words{"--preset", "p", "-j8", "-E", "a", "-R", "b", "-LE=c"}));
  EXPECT_EQ(words.for_listing, (Words{"--preset", "p", "-E", "a", "-R", "b", "-LE=c"}));
  EXPECT_EQ(words.selecting, (Words{"-R", "b", "-LE=c", "-I", "1,2"}));
  // With -U, tests run that no expression matches.
  words = words_of({"--preset", "p", "-R", "b", "-U", "-I", "1,2"});
  EXPECT_EQ(words.kept, (Words{"--preset", "p"}));
}

TEST(Rerun, TellsByWhichNumbersTestsWereSelected) {
  EXPECT_EQ(words_of({"-I", "1,5"}).numbers, "1,5");
  EXPECT_EQ(words_of({"-I=/f", "-j8"}).numbers, "/f");
  EXPECT_EQ(words_of({"--tests-information", "/f", "-I=3,3"}).numbers, "3,3");
  EXPECT_EQ(words_of({"-R", "-I"}).numbers, "");
  EXPECT_TRUE(words_of({"-j8", "--rerun-failed"}).reruns_failed);
  EXPECT_FALSE(words_of({"-R", "--rerun-failed"}).reruns_failed);
}

TEST(Rerun, TellsTheConfiguration) {
  EXPECT_EQ(words_of({"-j8", "-C", "Debug"}).configuration, "Debug");
  EXPECT_EQ(words_of({"--build-config=Release"}).configuration, "Release");
  EXPECT_EQ(words_of({"--build-config", "Release", "-C", "Debug"}).configuration, "Debug");
  EXPECT_EQ(words_of({"-R", "-C"}).configuration, "");
}

TEST(Rerun, KnowsARandomOrder) {
  EXPECT_TRUE(words_of({"-j8", "--schedule-random"}).is_random);
  EXPECT_FALSE(words_of({"-R", "--schedule-random"}).is_random);
}

TEST(Rerun, AScriptOrADashboardIsRefused) {
  for (const Words& arguments :
       {Words{"-S", "s.cmake"}, Words{"-V", "-SP", "s.cmake"}, Words{"-D", "Experimental"},
        Words{"-M", "Nightly"}, Words{"-T", "Build"}, Words{"--build-and-test", "a", "b"},
        Words{"--script", "s.cmake"}, Words{"--script-new-process", "s.cmake"},
        Words{"--dashboard", "Experimental"}, Words{"--test-model=Nightly"}, Words{"-A", "notes"},
        Words{"--add-notes", "notes"}}) {
    Words command = arguments;
    command.insert(command.begin(), "ctest");
    const Result<RerunWords> words = rerun_words(command);
    ASSERT_FALSE(words) << testing::PrintToString(arguments);
    EXPECT_TRUE(to_text(words.error()).ends_with(" does more than run tests"));
  }
  EXPECT_FALSE(rerun_words({}));
}

RerunSelection selected(const std::vector<RanTest>& ran, const std::vector<RanTest>& listed) {
  TestPlaces places;
  for (const RanTest& test : listed) places.add(test.name, test.key);
  return select_again(ran, places);
}

TEST(Rerun, ANameHasThePlaceThatItHasNow) {
  const RerunSelection selection =
      selected({{"c", "1"}, {"a", "2"}, {"gone", "3"}}, {{"new"}, {"a"}, {"b"}, {"c"}});
  EXPECT_EQ(selection.places, (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(selection.gone, Words{"gone"});
}

TEST(Rerun, OfTestsWithOneNameTheKeyDecides) {
  const std::vector<RanTest> listed{{"a", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(selected({{"a", "3"}}, listed).places, (std::vector<std::size_t>{2}));
  EXPECT_EQ(selected({{"a", "1"}, {"a", "3"}}, listed).places, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(selected({{"a", "9"}}, listed).gone, Words{"a"});
  // Nobody knows which one it was, or is.
  EXPECT_EQ(selected({{"a"}}, listed).places, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(selected({{"a", "9"}}, {{"a", "1"}, {"a"}}).places, (std::vector<std::size_t>{1}));
  EXPECT_EQ(selected({{"a"}}, {{"a", "1"}, {"a"}}).places, (std::vector<std::size_t>{1}));
}

TEST(Rerun, ARangeIsShortAndAnythingElseIsAList) {
  EXPECT_EQ(value_of_numbers({7}), "7,7,1");
  EXPECT_EQ(value_of_numbers({2, 3, 4}), "2,4,1");
  EXPECT_EQ(value_of_numbers({1, 3, 4}), "0,0,0,1,3,4");
}

TEST(Rerun, TheFirstTestHasTheHighestCost) {
  EXPECT_EQ(costs_for_order({"b", " ;", "b"}),
            "set_property(GLOBAL PROPERTY _holdfast_cost_203b 2)\n"
            "set_property(GLOBAL PROPERTY _holdfast_cost_62 3)\n");
}

TEST(Rerun, SeedsAndSettingsOfFrameworksShapeARun) {
  for (const char* name : {"GTEST_RANDOM_SEED", "GTEST_SHUFFLE", "PYTHONHASHSEED", "MY_SEED",
                           "CTEST_PARALLEL_LEVEL", "BOOST_TEST_RANDOM", "HOLDFAST_PROFILE"}) {
    EXPECT_TRUE(shapes_run(name)) << name;
  }
  for (const char* name : {"PATH", "SEED_WORDS", "HOLDFAST_ATTACH", "AWS_SECRET", ""}) {
    EXPECT_FALSE(shapes_run(name)) << name;
  }
}

}  // namespace
}  // namespace holdfast
