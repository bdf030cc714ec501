#include "run/run_log.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(RunLog, IsKnownByItsName) {
  const std::string directory = "/b/Testing/Temporary";
  const struct {
    std::string name;
    std::optional<LogName> read;
  } rows[] = {
      {"/LastTest.log.tmp", LogName{directory, "", false}},
      {"/LastTest.log", LogName{directory, "", false}},
      {"/LastTest.log.tmp3f0A", LogName{directory, "", true}},
      {"/LastTest_20261120-0840.log.tmp", LogName{directory, "_20261120-0840", false}},
      {"/LastTest_a.log.tmp7", LogName{directory, "_a", true}},
      {"/LastTest.log.tmp (deleted)", LogName{directory, "", false}},
      {"/LastTest.log (deleted)", LogName{directory, "", false}},
      {"/LastTestsFailed.log", std::nullopt},
      {"/LastTestsDisabled.log.tmp", std::nullopt},
      {"/LastTest.log.old", std::nullopt},
      {"/LastTest.log.tmpx", std::nullopt},
      {"/LastTest.log3f", std::nullopt},
      {"/LastTest", std::nullopt},
      {"/LastBuild.log", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& row : rows)
    EXPECT_EQ(parse_log_name(directory + row.name), row.read) << row.name;
}

TEST(RunLog, LiesWhereCtestPutsIt) {
  EXPECT_FALSE(parse_log_name("/b/Testing/LastTest.log.tmp"));
  EXPECT_FALSE(parse_log_name("/b/MyTesting/Temporary/LastTest.log.tmp"));
  EXPECT_FALSE(parse_log_name("LastTest.log.tmp"));
  EXPECT_FALSE(parse_log_name("pipe:[4711]"));
}

TEST(RunLog, OfSeveralTheLatestIsCtestsOwnIfThereIsOneLatest) {
  EXPECT_EQ(latest_of({3, 7, 5}), 1U);
  EXPECT_EQ(latest_of({std::nullopt, 1}), 1U);
  EXPECT_EQ(latest_of({7, std::nullopt}), 0U);
  EXPECT_EQ(latest_of({7, 3, 7}), std::nullopt);
  EXPECT_EQ(latest_of({std::nullopt, std::nullopt}), std::nullopt);
  EXPECT_EQ(latest_of({}), std::nullopt);
}

}  // namespace
}  // namespace holdfast
