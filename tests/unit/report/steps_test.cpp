#include "report/steps.hpp"

#include "report/rendered.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

namespace holdfast {
namespace {

constexpr double k_ever = std::numeric_limits<double>::infinity();

StepRecord step(double at, std::string kind, std::string output, double wall = 1,
                std::int64_t kb = 1024) {
  StepRecord record;
  record.at = at;
  record.kind = std::move(kind);
  record.output = std::move(output);
  record.program = "cc";
  record.outcome = Outcome::passed;
  record.wall_s = wall;
  record.max_rss_kb = kb;
  return record;
}

TEST(StepsTest, OfEachStepTheLastOfItsTimeCounts) {
  StepRecord archive = step(4, "link", "lib.a");
  archive.program = "ar";
  const std::vector<Record> records{step(1, "compile", "a.o"),    step(3, "compile", "b.o"),
                                    step(2, "compile", "a.o", 7), archive,
                                    step(5, "link", "lib.a"),     step(6, "link", "a.o"),
                                    Bare{7, "a.o", "", ""},       step(9, "compile", "b.o", 8)};
  const std::vector<StepRecord> steps = latest_steps(records, 0, 8.9);
  ASSERT_EQ(steps.size(), 5U);
  EXPECT_EQ(steps[0].wall_s, 7);
  EXPECT_EQ(steps[1].output, "b.o");
  EXPECT_EQ(steps[1].wall_s, 1);
  EXPECT_EQ(steps[2].program, "ar");
  EXPECT_EQ(latest_steps(records, 0, k_ever)[4].wall_s, 8);
  EXPECT_TRUE(latest_steps(records, 0, 0.9).empty());
  // The steps of an earlier run's build do not count for this run.
  ASSERT_EQ(latest_steps(records, 5, 8.9).size(), 1U);
  EXPECT_EQ(latest_steps(records, 5, 8.9)[0].output, "a.o");
}

TEST(StepsTest, TheTextHasFiveOfEachKindOfTopAndWhatIsOutOfTheOrdinary) {
  std::vector<StepRecord> steps;
  for (int i = 0; i < 7; ++i) {
    steps.push_back(step(i, "compile", std::string(1, static_cast<char>('a' + i)) + ".o", 1 + i));
  }
  steps[0].max_rss_kb = 3 * 1024 * 1024;
  steps[0].attempts = 2;
  steps[1].outcome = Outcome::timed_out;
  steps[1].max_rss_kb = 2 * 1024 * 1024;
  steps[2].slot_wait_s = 4;
  steps[3].slot_wait_s = 0.05;
  steps[4].output = "x\ny";
  EXPECT_EQ(steps_text(steps), R"(
Slowest of 7 build steps
  compile g.o   7.00 s
  compile f.o   6.00 s
  compile x\ny  5.00 s
  compile d.o   4.00 s
  compile c.o   3.00 s

Heaviest of 7 build steps
  compile a.o   3.0 GiB; 2 attempts
  compile b.o   2.0 GiB; timed out
  compile c.o   1 MiB
  compile d.o   1 MiB
  compile x\ny  1 MiB

Longest waits for a slot of 7 build steps
  compile c.o  4.00 s
)");
  EXPECT_EQ(steps_text({}), "");
}

TEST(StepsTest, OfSeveralProgramsThatMakeOneFileEachIsCalledByItsName) {
  std::vector<StepRecord> steps{step(1, "link", "lib.a", 2), step(2, "link", "lib.a", 1),
                                step(3, "compile", "lib.a", 3)};
  steps[0].program = "ar";
  steps[1].program = "ranlib";
  steps[2].program = "cc";
  EXPECT_TRUE(steps_text(steps).starts_with(R"(
Slowest of 3 build steps
  compile lib.a  3.00 s
  link lib.a     2.00 s; ar
  link lib.a     1.00 s; ranlib
)"));
}

TEST(StepsTest, ATreeThatHasOnlyStepsIsNoRunThatCameToNothing) {
  RunReport report;
  report.run.tree = "/b";
  EXPECT_FALSE(has_only_steps(report));
  report.steps = {step(5, "custom", "")};
  report.steps[0].program = "python3";
  report.steps[0].outcome.reset();
  ASSERT_TRUE(has_only_steps(report));
  RunReport merged = report;
  merged.shards.emplace_back();
  EXPECT_FALSE(has_only_steps(merged)) << "none of the shards had a test to run";
  EXPECT_EQ(text_of_report(report, Format::text),
            R"(Build steps of /b; no run of its tests is recorded

Slowest of 1 build step
  custom python3  1.00 s; unknown

Heaviest of 1 build step
  custom python3  1 MiB; unknown
)");
  const auto json = nlohmann::json::parse(text_of_report(report, Format::json));
  ASSERT_EQ(json["steps"].size(), 1U);
  EXPECT_EQ(json["steps"][0]["outcome"], "unknown");
  EXPECT_EQ(json["steps"][0]["ended"], 5);
  EXPECT_TRUE(json["steps"][0]["signal"].is_null());
}

TEST(StepsTest, OfTwoRecordsOfOneMomentTheLaterCounts) {
  const std::vector<Record> records{step(3, "compile", "a.o", 1), step(3, "compile", "a.o", 2)};
  ASSERT_EQ(latest_steps(records, 0, k_ever).size(), 1U);
  EXPECT_EQ(latest_steps(records, 0, k_ever)[0].wall_s, 2);
}

TEST(StepsTest, AStepIsCalledByWhatItMakes) {
  StepRecord one = step(1, "custom", "");
  EXPECT_EQ(title_of(one), "custom cc");
  one.target = "docs";
  EXPECT_EQ(title_of(one), "custom docs");
  one.output = "docs.html";
  EXPECT_EQ(title_of(one), "custom docs.html");
}

TEST(StepsTest, OfAStepThatWasWrittenDownLateTheLastInTimeCounts) {
  const std::vector<Record> records{step(3, "compile", "a.o", 7), step(2, "compile", "a.o", 1)};
  const std::vector<StepRecord> steps = latest_steps(records, 0, k_ever);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].wall_s, 7);
}

}  // namespace
}  // namespace holdfast
