#include <gtest/gtest.h>

#include "report/quoted/reasons.hpp"
#include "report/run_report.hpp"
#include "report/sample_journal.hpp"

namespace holdfast {
namespace {

using Strings = std::vector<std::string>;

// Ran from `started` to `ended`.
TestReport test(const std::string& name, double started, std::optional<double> ended) {
  TestReport report;
  report.name = name;
  Attempt& attempt = report.attempts.emplace_back();
  attempt.started = started;
  attempt.ended = ended;
  return report;
}

ChangedSource source_of(double written, const RunReport& report) {
  SourcesRecord record;
  record.resolution_s = 0.004;
  record.changed = {{"f", false, written}};
  return changed_sources(record, report).at(0);
}

Strings running(double written, const std::vector<TestReport>& tests) {
  RunReport report;
  report.tests = tests;
  return source_of(written, report).tests;
}

TEST(ChangedSources, ATestIsNamedIfItRanWhenTheFileWasWritten) {
  const std::vector<TestReport> tests{test("a", 10, 12), test("b", 13, 15), test("c", 14, 20)};
  EXPECT_EQ(running(11, tests), Strings{"a"});
  EXPECT_EQ(running(12.5, tests), Strings{});
  EXPECT_EQ(running(14.5, tests), (Strings{"b", "c"}));
  EXPECT_EQ(running(9, tests), Strings{});
}

TEST(ChangedSources, TheTimeOfAFileMayLag) {
  const std::vector<TestReport> tests{test("a", 10, 12), test("b", 12.001, 15)};
  EXPECT_EQ(running(9.998, tests), Strings{"a"});           // a began within the tick
  EXPECT_EQ(running(11.999, tests), (Strings{"a", "b"}));   // either
  EXPECT_EQ(running(12.0005, tests), (Strings{"a", "b"}));  // a ended within that millisecond
  EXPECT_EQ(running(12.002, tests), Strings{"b"});
}

TEST(ChangedSources, ATestThatWasKilledMayHaveRunOn) {
  EXPECT_EQ(running(99, {test("a", 10, std::nullopt)}), Strings{"a"});
}

TEST(ChangedSources, ATestWhoseBeginIsNotKnownMayHaveRunBefore) {
  TestReport test;
  test.name = "a";
  test.attempts.emplace_back().ended = 12;
  EXPECT_EQ(running(11, {test}), Strings{"a"});
  EXPECT_EQ(running(13, {test}), Strings{});
}

TEST(ChangedSources, ATestRanAloneIfItIsKnownWhenTheOthersRan) {
  RunReport report;
  report.tests = {test("a", 10, 12), test("b", 13, 15), test("c", 14, 20)};
  EXPECT_TRUE(source_of(11, report).was_alone);
  EXPECT_FALSE(source_of(14.5, report).was_alone);
  EXPECT_FALSE(source_of(9, report).was_alone);
  TestReport& other = report.tests.emplace_back();
  EXPECT_TRUE(source_of(11, report).was_alone);
  other.bare = true;  // without Holdfast
  EXPECT_FALSE(source_of(11, report).was_alone);
  EXPECT_EQ(source_of(11, report).tests, Strings{"a"});
  other.bare = false;
  other.is_doubtful = true;
  EXPECT_FALSE(source_of(11, report).was_alone);
  other.is_doubtful = false;
  report.run.unrecorded = 1;
  EXPECT_FALSE(source_of(11, report).was_alone);
  report.run.unrecorded = 0;
  report.run.has_log = false;
  EXPECT_FALSE(source_of(11, report).was_alone);
}

TEST(ChangedSources, TheTextNamesFilesAndTests) {
  RunReport report;
  EXPECT_EQ(changed_sources_text(report), "");
  report.changed_sources = {{"a.txt", false, {"t"}, false}};
  EXPECT_EQ(changed_sources_text(report),
            "1 tracked file changed while tests ran: a.txt (while t ran)");
  report.changed_sources = {{"a.txt", false, {"t"}, true}};
  EXPECT_EQ(changed_sources_text(report),
            "1 tracked file changed while tests ran: a.txt (while only t ran)");
  report.changed_sources = {{"a\n", false, {"t", "u"}}, {"b", true, {}}, {"c", false, {}}};
  EXPECT_EQ(changed_sources_text(report),
            "3 tracked files changed while tests ran: a\\n (while t, u ran), b (removed), c");
  report.changed_sources.resize(100, {"x", false, {}});
  report.more_changed_sources = 900;
  EXPECT_EQ(changed_sources_text(report),
            "1000 tracked files changed while tests ran: a\\n (while t, u ran), b (removed), c, x, "
            "x, x, x, x and 992 more");
  report.changed_sources.resize(1);
  report.more_changed_sources = 1'000'000'000;
  EXPECT_EQ(
      changed_sources_text(report),
      "1000000001 tracked files changed while tests ran: a\\n (while t, u ran) and 1000000000 "
      "more");
}

TEST(ChangedSources, AReportHasWhatItsJournalHas) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).verdict("a", Verdict::passed, 1);
  Journal journal = sample.journal();
  const double at = std::get<AttemptEnded>(journal.records[1]).at;
  SourcesRecord record;
  record.changed = {{"data/x", false, at}, {"data/y", true, {}}};
  record.more = 2;
  journal.records.emplace_back(record);
  const RunReport report = report_of(journal);
  ASSERT_EQ(report.changed_sources.size(), 2U);
  EXPECT_EQ(report.changed_sources[0].file, "data/x");
  EXPECT_FALSE(report.changed_sources[0].is_removed);
  EXPECT_TRUE(report.changed_sources[0].was_alone);
  EXPECT_EQ(report.changed_sources[1].file, "data/y");
  EXPECT_TRUE(report.changed_sources[1].is_removed);
  EXPECT_TRUE(report.changed_sources[1].tests.empty());
  EXPECT_EQ(report.more_changed_sources, 2);
}

TEST(ChangedSources, ATestThatRanWithoutHoldfastMayHaveRunBesideIt) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).verdict("a", Verdict::passed, 1);
  sample.verdict("bare", Verdict::passed, 2);
  Journal journal = sample.journal();
  SourcesRecord record;
  record.changed = {{"data/x", false, std::get<AttemptEnded>(journal.records[1]).at}};
  journal.records.emplace_back(record);
  const RunReport report = report_of(journal);
  EXPECT_EQ(report.changed_sources.at(0).tests, Strings{"a"});
  EXPECT_FALSE(report.changed_sources[0].was_alone);
}

}  // namespace
}  // namespace holdfast
