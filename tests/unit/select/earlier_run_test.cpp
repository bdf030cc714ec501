#include "select/ctest_call.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace holdfast::cli {
namespace {

AttemptStarted begun(const std::string& test, const std::string& key) {
  AttemptStarted record;
  record.test = test;
  record.key = key;
  return record;
}

AttemptEnded ended(const std::string& test, const std::string& key, Verdict verdict) {
  AttemptEnded record;
  record.test = test;
  record.key = key;
  record.verdict = verdict;
  return record;
}

VerdictRecord judged(const std::string& test, const std::string& key) {
  VerdictRecord record;
  record.test = test;
  record.key = key;
  return record;
}

BegunTests seen(const std::vector<Record>& records) {
  BegunTests tests;
  for (const Record& record : records) tests.see(record);
  return tests;
}

TEST(BegunTests, AVerdictIsOfTheTestWithItsKey) {
  const BegunTests tests =
      seen({LogWordRecord{}, begun("a", "1"), begun("a", "2"), judged("a", "2")});
  EXPECT_EQ(tests.judged(), std::vector<RanTest>({{"a", "2"}}));
  ASSERT_EQ(tests.others().size(), 1U);
  EXPECT_EQ(tests.others()[0].test, (RanTest{"a", "1"}));
  EXPECT_FALSE(tests.others()[0].is_known);
  EXPECT_EQ(tests.order(), std::vector<std::string>({"a", "a"}));
}

TEST(BegunTests, OfAnOlderVersionAVerdictIsOfAllOfTheName) {
  const BegunTests tests = seen({begun("a", "1"), begun("b", "3"), judged("a", "")});
  ASSERT_EQ(tests.others().size(), 1U);
  EXPECT_EQ(tests.others()[0].test, (RanTest{"b", ""}));
}

TEST(BegunTests, TheLastAttemptSaysWhetherItIsKnownHowATestEnded) {
  const auto is_known = [](const std::vector<Record>& records) {
    return seen(records).others().at(0).is_known;
  };
  EXPECT_TRUE(is_known({begun("a", "1"), ended("a", "1", Verdict::failed)}));
  EXPECT_FALSE(is_known({begun("a", "1"), ended("a", "1", Verdict::unknown)}));
  EXPECT_FALSE(is_known({begun("a", "1"), ended("a", "1", Verdict::passed), begun("a", "1")}));
}

TEST(BegunTests, OneThatRanWithoutItsLauncherIsNotKnown) {
  Bare bare;
  bare.test = "a";
  bare.key = "1";
  const BegunTests tests = seen({ended("b", "2", Verdict::passed), bare, begun("a", "2")});
  ASSERT_EQ(tests.others().size(), 3U);
  EXPECT_TRUE(tests.others()[0].is_known);
  EXPECT_EQ(tests.others()[1].test, (RanTest{"a", ""}));  // an older version: the key is of no use
  EXPECT_FALSE(tests.others()[1].is_known);
  EXPECT_EQ(tests.order(), std::vector<std::string>({"b", "a", "a"}));
}

namespace fs = std::filesystem;

// Two build trees, of which one is a copy of the other.
class CallOfARun : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/holdfast-test-earlier-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
    for (const char* directory : {"tree/.holdfast", "tree/sub", "copy/.holdfast", "copy/sub"}) {
      fs::create_directories(top_ + "/" + directory);
    }
    std::ofstream(top_ + "/tree/CMakeCache.txt") << "CMAKE_CTEST_COMMAND:INTERNAL=/x/ctest\n";
    std::ofstream(top_ + "/tree/.holdfast/project") << "p\n" << top_ << "\n";
    started_.run = "3-x";
    started_.tree = top_ + "/tree";
    started_.program = "/bin/sh";
  }
  void TearDown() override { fs::remove_all(top_); }

  // The program and the directory, or the error.
  std::string call_in(const std::string& tree, bool has_preset = false) const {
    RunEntry run;
    run.id = "3-x";
    const Result<CtestCall> call = call_of(run, started_, top_ + "/" + tree, has_preset);
    if (!call) return to_text(call.error());
    return call->program + " in " + call->directory;
  }

  std::string top_;
  RunStarted started_;
};

TEST_F(CallOfARun, HasItsProgramOrElseThatOfTheTree) {
  EXPECT_EQ(call_in("tree"), "/bin/sh in " + top_ + "/tree");
  started_.program = "/no/ctest";
  EXPECT_EQ(call_in("tree"), "/x/ctest in " + top_ + "/tree");
  EXPECT_EQ(call_in("copy"), "ctest in " + top_ + "/copy");
}

TEST_F(CallOfARun, BeginsInTheSameDirectoryOfTheTreeThatIsMeant) {
  started_.directory = top_ + "/tree/sub";
  EXPECT_EQ(call_in("tree"), "/bin/sh in " + top_ + "/tree/sub");
  EXPECT_EQ(call_in("copy"), "/bin/sh in " + top_ + "/copy/sub");
  started_.directory = top_ + "/tree";
  EXPECT_EQ(call_in("copy"), "/bin/sh in " + top_ + "/copy");
  started_.directory = top_;
  EXPECT_EQ(call_in("tree"), "/bin/sh in " + top_);
  EXPECT_EQ(call_in("copy"), "run 3-x is of another tree and began in " + top_ +
                                 ": expected a directory of " + top_ + "/tree");
  started_.directory = top_ + "/tree/gone";
  EXPECT_EQ(call_in("tree"), "the directory of run 3-x is gone: " + top_ + "/tree/gone");
  started_.tree = "";  // an older Holdfast
  started_.directory = top_ + "/tree/sub";
  EXPECT_EQ(call_in("copy"), "/bin/sh in " + top_ + "/tree/sub");
}

TEST_F(CallOfARun, BeginsAtTheSourcesIfItHasAPreset) {
  EXPECT_EQ(call_in("tree", true), "/bin/sh in " + top_);
  EXPECT_EQ(call_in("copy", true), "run 3-x is of another tree, " + top_ +
                                       "/tree, and its preset leads there: expected --tree " +
                                       top_ + "/tree");
  fs::remove(top_ + "/tree/.holdfast/project");
  EXPECT_EQ(call_in("tree", true), top_ + "/tree does not say where its source directory is");
}

TEST_F(CallOfARun, HadTheListOfTheUserIfItHadItsOptionsAndItsDirectory) {
  UserCall user;
  user.tree = top_ + "/tree";
  user.directory = top_ + "/tree/sub";
  user.listing = rerun_words({"ctest", "-C", "Debug"})->for_listing;
  started_.directory = top_ + "/tree/sub";
  started_.command = {"ctest", "-C", "Debug", "-R", "x", "-j8"};
  EXPECT_TRUE(had_list_of(user, started_));
  started_.directory = top_ + "/tree";
  EXPECT_FALSE(had_list_of(user, started_));
  started_.directory = top_ + "/tree/sub";
  started_.command = {"ctest", "-C", "Release"};
  EXPECT_FALSE(had_list_of(user, started_));
  started_.command = {"ctest", "-C", "Debug", "-S", "script.cmake"};
  EXPECT_FALSE(had_list_of(user, started_));
}

}  // namespace
}  // namespace holdfast::cli
