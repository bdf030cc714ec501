#include "cli/select/earlier_run.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace holdfast::cli
