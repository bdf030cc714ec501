
#include "report/rendered.hpp"
#include "report/sample_journal.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holdfast {
namespace {

using nlohmann::json;

json rendered(const RunReport& report, std::map<std::string, std::string> outputs = {}) {
  return json::parse(text_of_report(report, Format::json, std::move(outputs)));
}

TEST(JsonReport, ItHasTheFieldsOfTheContract) {
  const json report = rendered(full_journal().report());
  EXPECT_EQ(report.at("version"), 1);
  for (const char* field : {"id", "complete"})
    EXPECT_TRUE(report.at("run").contains(field)) << field;
  for (const char* field : {"planned", "run", "passed", "failed", "crashed", "timed_out", "flaky",
                            "leaked", "skipped", "not_run"}) {
    EXPECT_TRUE(report.at("counts").at(field).is_number_unsigned()) << field;
  }
  EXPECT_TRUE(report.at("services").is_array());
  EXPECT_TRUE(report.at("steps").is_array());
  for (const json& test : report.at("tests")) {
    for (const char* field : {"name", "outcome", "flags", "attempts", "cases"})
      EXPECT_TRUE(test.contains(field)) << field;
    for (const json& attempt : test.at("attempts")) {
      for (const char* field : {"n", "outcome", "exit_code", "signal", "wall_s", "lock_wait_s",
                                "started", "ended", "output"}) {
        EXPECT_TRUE(attempt.contains(field)) << field;
      }
    }
  }
}

TEST(JsonReport, TheExclusiveCountsAddUpToPlanned) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const json counts = rendered(random_journal(seed).report()).at("counts");
    std::size_t sum = 0;
    for (const char* field : {"passed", "failed", "crashed", "premature_exit", "timed_out",
                              "oom_killed", "launch_failed", "no_tests", "skipped", "lock_timeout",
                              "lock_lost", "service_unavailable", "node_lost", "interrupted",
                              "internal_error", "not_run", "unknown"}) {
      sum += counts.at(field).get<std::size_t>();
    }
    ASSERT_EQ(sum, counts.at("planned").get<std::size_t>()) << seed;
  }
}

TEST(JsonReport, MarkersAreShownWithTheirAttempt) {
  SampleJournal sample;
  sample.attempt("a", Outcome::deliberate_exit, 1).change_last_attempt([](AttemptEnded& ended) {
    ended.marker = "no server";
    ended.orphan_markers = {{"exit-7", "is cut off"}};
  });
  const json report = rendered(sample.report());
  const json& attempt = report["tests"][0]["attempts"][0];
  EXPECT_EQ(attempt["marker"]["reason"], "no server");
  EXPECT_EQ(attempt["orphan_markers"], json::parse(R"([{"file":"exit-7","why":"is cut off"}])"));
  EXPECT_EQ(report["counts"]["failed"], 1);
  EXPECT_EQ(report["counts"]["deliberate_exit"], 1);
  EXPECT_EQ(report["counts"]["orphan_markers"], 1);
}

TEST(JsonReport, ASignalAndAnExitCodeExcludeEachOther) {
  const json tests = rendered(full_journal().report()).at("tests");
  EXPECT_EQ(tests[2].at("name"), "red");
  EXPECT_EQ(tests[2].at("attempts")[0].at("exit_code"), 3);
  EXPECT_TRUE(tests[2].at("attempts")[0].at("signal").is_null());
  EXPECT_EQ(tests[3].at("attempts")[0].at("signal"), 11);
  EXPECT_TRUE(tests[3].at("attempts")[0].at("exit_code").is_null());
}

TEST(JsonReport, BytesThatAreNotUtf8AreReplacedInNamesAndOutput) {
  SampleJournal sample;
  sample.attempt("a\xff", Outcome::failed, 1);
  RunReport report = sample.report();
  report.tests[0].cases.push_back({"c\xff", Outcome::failed});
  report.run.tree = "/\xff";
  const json test = rendered(report, {{"a\xff", "x\xfe\n"}}).at("tests")[0];
  EXPECT_EQ(test.at("name"), "a\xEF\xBF\xBD");
  EXPECT_EQ(test.at("attempts")[0].at("output"), "x\xEF\xBF\xBD\n");
  EXPECT_EQ(test.at("cases")[0].at("name"), "c\xEF\xBF\xBD");
}

TEST(JsonReport, AnEmptyJournalIsAReportToo) {
  const json report = rendered(RunReport{});
  EXPECT_EQ(report.at("run").at("complete"), false);
  EXPECT_EQ(report.at("counts").at("planned"), 0);
}

TEST(Format, NamesAreThoseOfTheCommandLine) {
  EXPECT_EQ(named<Format>("text"), Format::text);
  EXPECT_EQ(named<Format>("json"), Format::json);
  EXPECT_EQ(named<Format>("junit"), Format::junit);
  EXPECT_EQ(named<Format>("JSON"), std::nullopt);
  EXPECT_EQ(named<Format>(""), std::nullopt);
}

// The last attempts are said to have printed something, with a note.
class Noted final : public Outputs {
 public:
  Printed of(const TestReport& /*test*/) override { return {"of the last\n", "cut"}; }
  std::string of(const Case& /*one*/) override { return {}; }
  std::string of(const Attempt& /*earlier*/) override { return {}; }
  std::string of(const ServiceOutput& /*part*/) override { return {}; }
};

TEST(JsonReport, OnlyTheLastAttemptHasTheOutputOfItsTest) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1).attempt("a", Outcome::passed);
  Noted outputs;
  const json attempts = json::parse(text_of_report(sample.report(), Format::json, outputs))
                            .at("tests")
                            .at(0)
                            .at("attempts");
  EXPECT_EQ(attempts.at(0).at("output"), "");
  EXPECT_FALSE(attempts.at(0).contains("output_note"));
  EXPECT_EQ(attempts.at(1).at("output"), "of the last\n");
  EXPECT_EQ(attempts.at(1).at("output_note"), "cut");
}

TEST(JsonReport, AProbeThatFailedIsNoFinding) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1).change_last_attempt([](AttemptEnded& ended) {
    ended.forensics = {{"git", false, "clean"}, {"disk", true, "no answer"}};
  });
  EXPECT_EQ(rendered(sample.report()).at("tests").at(0).at("attempts").at(0).at("forensics"),
            json::parse(R"({"git":{"text":"clean"},"disk":{"failed":"no answer"}})"));
}

TEST(JsonReport, ADivisionIsThatOfTheRunAndOfEachShard) {
  RunReport report;
  report.division.fingerprint = "00ff";
  report.division.shard = "2/3";
  EXPECT_EQ(rendered(report).at("run").at("shard"), "2/3");
  EXPECT_EQ(rendered(report).at("run").at("fingerprint"), "00ff");
  report.division.shard.clear();
  report.shards = {{"one", {}, 0, "1/3"}, {"two", {}, 0, ""}};
  report.missing = {"a"};
  report.too_often = {"b"};
  const json run = rendered(report).at("run");
  EXPECT_FALSE(run.contains("shard"));
  EXPECT_EQ(run.at("shards").at(0).at("shard"), "1/3");
  EXPECT_FALSE(run.at("shards").at(1).contains("shard"));
  EXPECT_EQ(run.at("missing"), json({"a"}));
  EXPECT_EQ(run.at("too_often"), json({"b"}));
}

TEST(JsonReport, WhatAStepOfSlurmCostsIsOfTheRunAndItsWaitStandsBesideTheNode) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).change_last_attempt([](AttemptEnded& ended) {
    ended.node = "n3";
    ended.slurm_wait_s = 0.25;
  });
  const std::string text = text_of_report(sample.report(), Format::json);
  EXPECT_DOUBLE_EQ(json::parse(text).at("run").at("step_cost_s"), 0.95);
  EXPECT_NE(text.find("\"node\":\"n3\",\"slurm_wait_s\":0.25"), std::string::npos) << text;
  sample.change_last_attempt([](AttemptEnded& ended) { ended.node.clear(); });
  EXPECT_FALSE(rendered(sample.report()).at("run").contains("step_cost_s"));
}

}  // namespace
}  // namespace holdfast
