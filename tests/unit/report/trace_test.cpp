#include "report/rendered.hpp"
#include "report/sample_journal.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <utility>

namespace holdfast {
namespace {

using nlohmann::json;

json traced(const RunReport& report) { return json::parse(text_of_report(report, Format::trace)); }

// The slices of each lane, in their order in the file.
using Lane = std::pair<int, int>;
std::map<Lane, std::vector<json>> lanes_of(const json& trace) {
  std::map<Lane, std::vector<json>> lanes;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == "X") lanes[{event.at("pid"), event.at("tid")}].push_back(event);
  }
  return lanes;
}

std::size_t with_a_time(const RunReport& report) {
  std::size_t number = 0;
  for (const TestReport& test : report.tests) {
    for (const Attempt& one : test.attempts) number += one.started || one.ended ? 1U : 0U;
  }
  return number;
}

TEST(TraceReport, NoSlicesOfALaneOverlapAndNoAttemptIsMissing) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const RunReport report = random_journal(seed).report();
    std::size_t tests = 0;
    for (const auto& [lane, slices] : lanes_of(traced(report))) {
      std::int64_t end = 0;
      for (const json& slice : slices) {
        ASSERT_GE(slice.at("ts").get<std::int64_t>(), end) << "seed " << seed;
        ASSERT_GE(slice.at("dur").get<std::int64_t>(), 0);
        end = slice.at("ts").get<std::int64_t>() + slice.at("dur").get<std::int64_t>();
        tests += slice.at("cat") == "test" ? 1U : 0U;
      }
    }
    ASSERT_EQ(tests, with_a_time(report)) << "seed " << seed;
  }
}

// A test that starts at `at`, waits for locks and services, and runs for a second.
Attempt attempt_at(double at, double lock_wait = 0, double service_wait = 0) {
  Attempt attempt;
  attempt.n = 1;
  attempt.has_ended = true;
  attempt.outcome = Outcome::passed;
  attempt.exit_code = 0;
  attempt.started = at;
  attempt.lock_wait_s = lock_wait;
  attempt.service_wait_s = service_wait;
  attempt.wall_s = 1;
  attempt.ended = at + lock_wait + service_wait + 1;
  if (lock_wait > 0) attempt.locks = {"db@project"};
  if (service_wait > 0) attempt.services = {"web#2"};
  return attempt;
}

TEST(TraceReport, WaitsAreSlicesAndLanesAreUsedAgain) {
  RunReport report;
  for (const char* name : {"a", "b", "c\xff"}) report.tests.emplace_back().name = name;
  report.tests[0].attempts = {attempt_at(100, 2, 0.5)};
  report.tests[1].attempts = {attempt_at(101)};
  report.tests[2].attempts = {attempt_at(103)};
  StepRecord step;
  step.kind = "compile";
  step.output = "a.o";
  step.at = 99;
  step.wall_s = 2;
  step.slot_wait_s = 1;
  step.outcome = Outcome::passed;
  report.steps = {step};
  report.services.push_back({.name = "web", .generation = 2, .started = 100, .ended = 104});
  report.services[0].generations = {{1, 100, 101, 102}, {2, 102.5, {}, {}}};
  report.run.ended = 104;
  std::map<Lane, std::vector<json>> lanes = lanes_of(traced(report));
  const auto is = [&](Lane lane, std::size_t at, const char* name, int begin, int length) {
    const json& slice = lanes.at(lane).at(at);
    EXPECT_EQ(slice.at("name"), name);
    EXPECT_EQ(slice.at("ts"), begin) << name;
    EXPECT_EQ(slice.at("dur"), length) << name;
  };
  is({1, 1}, 0, "waits for a slot", 0, 1'000'000);
  is({1, 1}, 1, "compile a.o", 1'000'000, 2'000'000);
  is({2, 1}, 0, "waits for locks: db@project", 4'000'000, 2'000'000);
  is({2, 1}, 1, "waits for services: web#2", 6'000'000, 500'000);
  is({2, 1}, 2, "a", 6'500'000, 1'000'000);
  is({2, 2}, 0, "b", 5'000'000, 1'000'000);
  is({2, 2}, 1, "c\xEF\xBF\xBD", 7'000'000, 1'000'000);
  is({3, 1}, 0, "web #1 starts", 4'000'000, 1'000'000);
  is({3, 1}, 1, "web #1", 5'000'000, 1'000'000);
  is({3, 1}, 2, "web #2 starts", 6'500'000, 1'500'000);
  is({3, 1}, 3, "web #2", 8'000'000, 0);
  EXPECT_EQ(lanes.size(), 4U);
}

TEST(TraceReport, AnAttemptOfWhichNotAllIsKnownHasTheLengthThatIsKnown) {
  RunReport report;
  report.run.ended = 110;
  for (const char* name : {"far", "lost", "cut"}) report.tests.emplace_back().name = name;
  for (TestReport& test : report.tests) test.attempts = {attempt_at(100)};
  Attempt& far = report.tests[0].attempts[0];
  far.node = "n1";
  far.ended = 105;  // Slurm takes a while to end a step
  Attempt& lost = report.tests[1].attempts[0];
  lost.started.reset();
  lost.ended = 103;
  lost.wall_s = 1.5;
  Attempt& cut = report.tests[2].attempts[0];
  cut.has_ended = false;
  cut.started = 104;
  cut.ended.reset();
  std::map<std::string, std::pair<int, int>> found;
  for (const auto& [lane, slices] : lanes_of(traced(report))) {
    for (const json& slice : slices) found[slice.at("name")] = {slice.at("ts"), slice.at("dur")};
  }
  const std::map<std::string, std::pair<int, int>> expected{
      {"far", {0, 1'000'000}}, {"lost", {1'500'000, 1'500'000}}, {"cut", {4'000'000, 6'000'000}}};
  EXPECT_EQ(found, expected);
}

TEST(TraceReport, EachGenerationOfAServiceSaysWhatBecameOfIt) {
  RunReport report;
  report.services.push_back({.name = "web", .generation = 4, .outcome = "ready"});
  report.services[0].generations = {
      {1, 100, 101, 102}, {2, 103, 104, 105}, {3, 106, {}, 107}, {4, 108, 109, 110}};
  report.services[0].deaths = {{.generation = 2}};
  std::map<std::string, std::string> outcomes;
  for (const auto& [lane, slices] : lanes_of(traced(report))) {
    for (const json& slice : slices) {
      if (slice.at("cat") == "service") outcomes[slice.at("name")] = slice.at("args").at("outcome");
    }
  }
  const std::map<std::string, std::string> expected{
      {"web #1", "ended"}, {"web #2", "died"}, {"web #3", "unavailable"}, {"web #4", "ready"}};
  EXPECT_EQ(outcomes, expected);
}

TEST(TraceReport, AnIncompleteRunSaysSo) {
  SampleJournal sample;
  sample.run_started().attempt_started("a");
  const json trace = traced(sample.report());
  EXPECT_EQ(trace.at("otherData").at("complete"), false);
  EXPECT_EQ(lanes_of(trace).size(), 1U);
  EXPECT_TRUE(traced(RunReport{}).at("traceEvents").empty());
}

TEST(TraceReport, WhatAnAttemptWaitsForIsNamed) {
  const auto waits_of = [](double slurm_wait_s, std::vector<std::string> locks) {
    SampleJournal sample;
    sample.run_started().attempt("a", Outcome::passed).run_ended();
    RunReport report = sample.report();
    Attempt& attempt = report.tests.at(0).attempts.at(0);
    attempt.slurm_wait_s = slurm_wait_s;
    attempt.lock_wait_s = locks.empty() ? 0 : 0.25;
    attempt.locks = std::move(locks);
    std::string names;
    const json trace = traced(report);
    for (const json& event : trace.at("traceEvents"))
      if (event.value("cat", "") == "wait") names += event.at("name").get<std::string>() + ";";
    return names;
  };
  EXPECT_EQ(waits_of(0, {"db@project"}), "waits for locks: db@project;");
  EXPECT_EQ(waits_of(0.25, {}), "waits for its step;");
  EXPECT_EQ(waits_of(0.25, {"db@project"}), "waits for its step and locks: db@project;");
}

TEST(TraceReport, LanesAreThoseOfTheirShards) {
  RunReport report =
      SampleJournal().run_started().attempt("a", Outcome::passed).run_ended().report();
  report.tests.push_back(report.tests.at(0));
  report.tests[1].shard = 1;
  report.shards = {{"one", report.run}, {"two", report.run}};
  const json trace = traced(report);
  EXPECT_EQ(trace.at("otherData").at("shards"), json({"one", "two"}));
  std::string names;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("name") == "thread_name")
      names += event.at("args").at("name").get<std::string>() + ";";
  }
  EXPECT_EQ(names, "one: job 1;two: job 1;");
}

}  // namespace
}  // namespace holdfast
