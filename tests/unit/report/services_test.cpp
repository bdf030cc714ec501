#include "report/services.hpp"
#include "values/service_spec.hpp"

#include "report/render.hpp"
#include "report/rendered.hpp"
#include "report/sample_journal.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

ServiceRecord said(double at, const char* event, std::int64_t generation,
                   std::vector<std::string> users = {}, std::int64_t instance = 0) {
  ServiceRecord record;
  record.at = at;
  record.event = event;
  record.service = "db";
  record.instance = instance;
  record.generation = generation;
  record.users = std::move(users);
  return record;
}

RunReport report_with(const std::vector<ServiceRecord>& services) {
  SampleJournal sample;
  sample.run_started();
  for (const ServiceRecord& one : services) sample.journal().records.emplace_back(one);
  return sample.run_ended().report();
}

TEST(ReportedServices, EndWithTheRun) {
  const RunReport report = report_with({said(1001, "started", 1), said(1002, "ready", 1)});
  ASSERT_EQ(report.services.at(0).generations.size(), 1U);
  EXPECT_EQ(report.services[0].generations[0].ready, 1002);
  ASSERT_EQ(report.services.size(), 1U);
  EXPECT_EQ(report.services[0].outcome, "ended");
  EXPECT_EQ(report.services[0].started, 1001);
  EXPECT_EQ(report.services[0].ended, 1060);
  EXPECT_TRUE(service_deaths(report).empty());
}

TEST(ReportedServices, AreSaidToHaveDiedWithTheTestsThatMayHaveDoneIt) {
  const RunReport report = report_with(
      {said(1001, "started", 1), said(1002, "ready", 1), said(1003, "died", 1, {"Net.Upload"}),
       said(1004, "started", 2), said(1005, "ready", 2), said(1006, "died", 2, {"a", "b"}),
       said(1007, "started", 3), said(1008, "ready", 3), said(1009, "died", 3)});
  ASSERT_EQ(report.services.at(0).generations.size(), 3U);
  EXPECT_EQ(report.services[0].generations[1].started, 1004);
  EXPECT_EQ(report.services[0].generations[1].ended, 1006);
  EXPECT_EQ(
      service_deaths(report),
      (std::vector<std::string>{"db died during Net.Upload (alone); generation 2 from then on",
                                "db died during a, b; generation 3 from then on",
                                "db died while no test used it; no test needed it from then on"}));
  ASSERT_EQ(report.services.size(), 1U);
  EXPECT_EQ(report.services[0].generation, 3);
  EXPECT_EQ(report.services[0].outcome, "died");
  EXPECT_EQ(report.services[0].ended, 1009);
}

// Its end is not on record.
TEST(ReportedServices, ThatDiedAndWereStartedAgainEndWithTheRun) {
  const RunReport report =
      report_with({said(1001, "started", 1), said(1002, "ready", 1), said(1003, "died", 1, {"a"}),
                   said(1004, "started", 2), said(1005, "ready", 2)});
  ASSERT_EQ(report.services.size(), 1U);
  EXPECT_EQ(report.services[0].started, 1001);
  EXPECT_EQ(report.services[0].outcome, "ended");
  EXPECT_EQ(report.services[0].ended, 1060);
  EXPECT_EQ(report.services[0].deaths.size(), 1U);
}

TEST(ReportedServices, OfARunThatGoesOnHaveNotEnded) {
  SampleJournal sample;
  sample.run_started();
  for (const ServiceRecord& one : {said(1001, "started", 1), said(1002, "ready", 1)})
    sample.journal().records.emplace_back(one);
  const RunReport report = report_of(sample.journal(), RunState::going_on);
  EXPECT_EQ(report.services.at(0).outcome, "ready");
  EXPECT_FALSE(report.services[0].ended);
  EXPECT_FALSE(report.services[0].generations.at(0).ended);
}

TEST(ReportedServices, ThatWereLostTooOftenAreCounted) {
  std::vector<ServiceRecord> records;
  for (int i = 1; i <= 10; ++i) {
    for (const char* event : {"started", "ready", "died"})
      records.push_back(said(1000 + i, event, i));
  }
  const std::string text = render_summary([&] {
    RunReport report = report_with(records);
    report.run.unrecorded = 1;  // or there would be no summary
    return report;
  }());
  EXPECT_NE(text.find("; generation 9 from then on\nholdfast: and 2 more services were lost\n"),
            std::string::npos)
      << text;
}

TEST(ReportedServices, ThatWereEndedOnPurposeEndWhenTheNextGenerationStarts) {
  const RunReport report = report_with({said(1001, "started", 1), said(1002, "ready", 1),
                                        said(1004, "started", 2), said(1005, "ready", 2)});
  ASSERT_EQ(report.services.size(), 1U);
  const std::vector<ServiceGeneration>& generations = report.services[0].generations;
  ASSERT_EQ(generations.size(), 2U);
  EXPECT_EQ(generations[0].ended, 1004);
  EXPECT_EQ(generations[1].ended, 1060);
  EXPECT_TRUE(service_deaths(report).empty());
}

TEST(ReportedServices, ThatNeverGotReadyAreNoDeaths) {
  const RunReport report = report_with({said(1001, "started", 1), said(1003, "died", 1)});
  ASSERT_EQ(report.services.size(), 1U);
  EXPECT_EQ(report.services[0].outcome, "unavailable");
  EXPECT_TRUE(report.services[0].deaths.empty());
}

TEST(ReportedServices, AreShownInstanceByInstance) {
  const RunReport report =
      report_with({said(1001, "started", 1), said(1001, "started", 1, {}, 1),
                   said(1002, "ready", 1, {}, 1), said(1003, "died", 1, {"a"}, 1)});
  ASSERT_EQ(report.services.size(), 2U);
  EXPECT_EQ(service_deaths(report),
            std::vector<std::string>{
                "db (instance 2) died during a (alone); no test needed it from then on"});
}

TEST(ReportedServices, ShowWhatTheyPrintedUnderTheRedTest) {
  SampleJournal sample;
  ServiceRecord use = said(1002, "red_use", 2, {"red"}, 1);
  use.user = "run.2";
  use.log = "/r/db.2-2.log";
  use.log_from = 10;
  use.log_to = 30;
  use.log_head = 100;
  sample.run_started().attempt("other", Outcome::failed, 1).attempt_started("red");
  sample.journal().records.emplace_back(use);
  sample.attempt_ended("red", Outcome::failed, 1);
  const RunReport report = sample.run_ended().report();
  ASSERT_EQ(report.tests.size(), 2U);
  EXPECT_TRUE(report.services.empty());  // it is no news of the service
  EXPECT_TRUE(report.tests[0].attempts[0].service_outputs.empty());
  const std::vector<ServiceOutput>& printed = report.tests[1].attempts[0].service_outputs;
  ASSERT_EQ(printed.size(), 1U);
  EXPECT_EQ(text_of(printed[0]), "service db (instance 2), generation 2");
  EXPECT_EQ(printed[0].from, 10U);
  EXPECT_EQ(printed[0].to, 30U);
  EXPECT_EQ(printed[0].head, 100U);
  EXPECT_NE(text_of_report(report, Format::text, {{"db", "a\x1b[1m\nb\a\n"}})
                .find("\nOutput of service db (instance 2), generation 2, while red ran\n  | "
                      "a\n  | b\\x07\n"),
            std::string::npos);
}

TEST(ReportedServices, AreNamedInTheRecordOfAnAttempt) {
  EXPECT_EQ(to_had_service("db#3").name, "db");
  EXPECT_EQ(to_had_service("db#3").generation, 3U);
  EXPECT_EQ(to_had_service("db").name, "db");
}

TEST(ReportedServices, BeganWithTheirFirstGenerationAndHaveTheLatest) {
  const RunReport report =
      report_with({said(1001, "started", 2), said(1002, "ready", 2), said(1003, "died", 2, {"a"}),
                   said(1004, "started", 3), said(1005, "ready", 2)});
  ASSERT_EQ(report.services.size(), 1U);
  EXPECT_EQ(report.services[0].started, 1001);
  EXPECT_EQ(report.services[0].generation, 3);
  ASSERT_EQ(report.services[0].generations.size(), 2U);
  EXPECT_FALSE(report.services[0].generations[1].ready) << "that was said of the second";
}

TEST(ReportedServices, ThatDieASecondTimeBeforeTheyAreReadyAreUnavailable) {
  const RunReport report =
      report_with({said(1001, "started", 1), said(1002, "ready", 1), said(1003, "died", 1, {"a"}),
                   said(1004, "started", 2), said(1005, "died", 2)});
  ASSERT_EQ(report.services.size(), 1U);
  EXPECT_EQ(report.services[0].outcome, "unavailable");
  EXPECT_EQ(report.services[0].deaths.size(), 1U);
  EXPECT_EQ(report.services[0].ended, 1005);
}

TEST(ReportedServices, WhoseStartIsNotOnRecordEndWithTheRun) {
  const RunReport report = report_with({said(1002, "ready", 3)});
  ASSERT_EQ(report.services.size(), 1U);
  EXPECT_TRUE(report.services[0].generations.empty());
  EXPECT_EQ(report.services[0].generation, 3);
  EXPECT_EQ(report.services[0].outcome, "ended");
  EXPECT_EQ(report.services[0].ended, 1060);
}

TEST(ReportedServices, DoNotDieOfARecordThatIsNotKnown) {
  const RunReport report =
      report_with({said(1001, "started", 1), said(1002, "ready", 1), said(1003, "paused", 1)});
  EXPECT_TRUE(service_deaths(report).empty());
  EXPECT_EQ(report.services.at(0).outcome, "ended");
}

}  // namespace
}  // namespace holdfast
