#include "report/bundle/merge.hpp"

#include "report/describe.hpp"
#include "report/lanes.hpp"
#include "report/rendered.hpp"
#include "report/run_report.hpp"
#include "report/sample_journal.hpp"
#include "report/services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <utility>

namespace holdfast {
namespace {

using Texts = std::map<std::string, std::string>;

// Shards of random runs, each with an id of its own.
std::vector<NamedReport> random_shards(unsigned seed, std::size_t number) {
  std::vector<NamedReport> shards;
  for (std::size_t i = 0; i < number; ++i) {
    RunReport report = random_journal(seed * 10 + static_cast<unsigned>(i)).report();
    report.run.id = "run " + std::to_string(i);
    shards.push_back(
        {"shard " + std::to_string(i), {std::move(report), std::make_unique<Outputs>()}});
  }
  return shards;
}

std::size_t sum(const std::vector<NamedReport>& shards, std::size_t Counts::*count) {
  std::size_t all = 0;
  for (const NamedReport& shard : shards) all += shard.loaded.report.counts.*count;
  return all;
}

TEST(MergeShards, CountsAddUp) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const std::vector<NamedReport> shards = random_shards(seed, 3);
    const Result<LoadedReport> merged = merge_shards(random_shards(seed, 3));
    ASSERT_TRUE(merged);
    const Counts& counts = merged->report.counts;
    for (const auto count : {&Counts::planned, &Counts::run, &Counts::through, &Counts::bare,
                             &Counts::flaky, &Counts::leaked, &Counts::cases})
      EXPECT_EQ(counts.*count, sum(shards, count)) << "seed " << seed;
    bool is_complete = true;
    for (const NamedReport& shard : shards)
      is_complete = is_complete && shard.loaded.report.run.complete;
    EXPECT_EQ(merged->report.run.complete, is_complete);
  }
}

TEST(MergeShards, OnlyTheTestsOfTheShardThatLostItsKeeperRanWithoutIt) {
  std::vector<NamedReport> shards;
  for (const char* const id : {"1-a", "2-b"}) {
    RunReport report;
    report.run.id = id;
    for (const char* const attempt : {".1", ".2"}) {
      TestReport& test = report.tests.emplace_back();
      test.name = std::string(id) + attempt;
      test.attempts.emplace_back().attempt = id + std::string(attempt);
    }
    TestReport& bare = report.tests.emplace_back();
    bare.name = "bare";
    bare.bare = true;
    shards.push_back({id, {std::move(report), std::make_unique<Outputs>()}});
  }
  RunReport& lost = shards[1].loaded.report;
  lost.run.keeper_until = 1000;
  lost.tests[1].attempts[0].attempt = "4711-99";  // as a launcher without a keeper calls it
  const Result<LoadedReport> merged = merge_shards(std::move(shards));
  ASSERT_TRUE(merged);
  const std::string text = lost_keeper_text(merged->report);
  EXPECT_THAT(text, testing::HasSubstr(" 1 test ran without it"));
  EXPECT_THAT(text, testing::HasSubstr("; of 1 test only ctest's verdict is on record"));
}

TEST(MergeShards, EachOutputIsThatOfItsShard) {
  std::vector<NamedReport> shards;
  for (const char* const id : {"1-a", "2-b"}) {
    RunReport report;
    report.run.id = id;
    TestReport& test = report.tests.emplace_back();
    test.name = "test";
    test.cases = {{"case", Outcome::failed, 1}};
    for (int attempt = 0; attempt < 2; ++attempt) {
      test.attempts.emplace_back().service_outputs.push_back({"db", 0, 1, "db-1.log"});
    }
    shards.push_back(
        {id,
         {std::move(report), std::make_unique<MadeUpOutputs>(Texts(), "of " + std::string(id))}});
  }
  const Result<LoadedReport> merged = merge_shards(std::move(shards));
  ASSERT_TRUE(merged);
  for (const TestReport& test : merged->report.tests) {
    const std::string expected = "of " + merged->report.shards.at(test.shard).name;
    EXPECT_EQ(merged->outputs->of(test).text, expected);
    EXPECT_EQ(merged->outputs->of(test.cases.at(0)), expected);
    EXPECT_EQ(merged->outputs->of(as_test(test, test.cases.at(0))).text, expected);
    for (const Attempt& attempt : test.attempts) {
      EXPECT_EQ(merged->outputs->of(attempt), expected);
      EXPECT_EQ(merged->outputs->of(attempt.service_outputs.at(0)), expected);
    }
  }
}

TEST(MergeShards, OfJournalsInWhichMuchIsWrongOnlyTheFirstComplaintsAreKept) {
  std::vector<NamedReport> shards = random_shards(1, 4);
  const double lost_at[] = {0, 2000, 1000, 3000};
  for (std::size_t i = 0; i < shards.size(); ++i) {
    RunReport& report = shards[i].loaded.report;
    report.run.keeper_until = lost_at[i];
    report.flaws = 1000;
    report.complaints.assign(k_max_complaints - 1, Complaint{7, "what"});
    report.cut_off = i == 1;
  }
  const Result<LoadedReport> merged = merge_shards(std::move(shards));
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->report.run.keeper_until, 1000);
  EXPECT_TRUE(merged->report.cut_off);
  EXPECT_EQ(merged->report.flaws, 4000U);
  ASSERT_EQ(merged->report.complaints.size(), k_max_complaints);
  EXPECT_EQ(merged->report.complaints.front().what, "what, in shard 0");
  EXPECT_EQ(merged->report.complaints.back().what, "what, in shard 1");
}

TEST(MergeShards, EachShardHasLanesOfItsOwn) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const Result<LoadedReport> merged = merge_shards(random_shards(seed, 3));
    ASSERT_TRUE(merged);
    const Timeline timeline = timeline_of(merged->report);
    for (const Jobs* jobs : {&timeline.steps, &timeline.tests, &timeline.services}) {
      std::map<std::size_t, std::size_t> shard_of_lane;
      std::map<std::size_t, double> end_of_lane;
      for (const Job& job : *jobs) {
        EXPECT_EQ(shard_of_lane.try_emplace(job.lane, job.shard).first->second, job.shard);
        EXPECT_LE(end_of_lane[job.lane], job.begin + 1e-6) << "seed " << seed;
        end_of_lane[job.lane] = job.end;
      }
      std::size_t lanes = 0;
      for (const LaneGroup& group : jobs->groups) lanes += group.lanes;
      EXPECT_EQ(shard_of_lane.size(), lanes);
    }
  }
}

TEST(MergeShards, EachStepIsOfItsShard) {
  std::vector<NamedReport> shards = random_shards(1, 3);
  for (std::size_t i : {0U, 2U}) shards[i].loaded.report.steps.resize(2);
  const Result<LoadedReport> merged = merge_shards(std::move(shards));
  ASSERT_TRUE(merged);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < merged->report.steps.size(); ++i)
    found.push_back(shard_of_step(merged->report, i));
  EXPECT_EQ(found, (std::vector<std::size_t>{0, 0, 2, 2}));
}

// A shard of a division, whose tests ran.
NamedReport part(const std::string& number, const std::vector<std::string>& ran,
                 const RunDivision& division) {
  RunReport report;
  report.run.id = "run " + number + std::to_string(ran.size());
  report.run.complete = true;
  report.division = division;
  report.division.shard = number;
  for (const std::string& name : ran) report.tests.emplace_back().name = name;
  return {"part " + number, {std::move(report), std::make_unique<Outputs>()}};
}

std::vector<NamedReport> parts(NamedReport one, NamedReport other) {
  std::vector<NamedReport> both;
  both.push_back(std::move(one));
  both.push_back(std::move(other));
  return both;
}

// `up` is a set-up in both shards, and two tests are called `same`.
const RunDivision k_division{
    "", "00ff", {{"1/2", {"up", "a", "b"}}, {"2/2", {"up", "same", "same", "c"}}}};

std::vector<std::string> found_in(NamedReport one, NamedReport other) {
  const Result<LoadedReport> merged = merge_shards(parts(std::move(one), std::move(other)));
  return merged ? against_division(merged->report) : std::vector<std::string>{"not merged"};
}

TEST(MergeShards, ShardsOfOneDivisionThatHaveAllTestsAreWhole) {
  EXPECT_EQ(found_in(part("1/2", {"up", "a", "b"}, k_division),
                     part("2/2", {"up", "same", "c", "same"}, k_division)),
            std::vector<std::string>{});
  const Result<LoadedReport> merged =
      merge_shards(parts(part("1/2", {"up", "a", "b"}, k_division),
                         part("2/2", {"up", "same", "c", "same"}, k_division)));
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->report.division.fingerprint, "00ff");
  EXPECT_EQ(merged->report.division.shard, "");
  EXPECT_EQ(merged->report.shards[1].part, "2/2");
}

TEST(MergeShards, TestsThatAreMissingOrTwiceAreNamed) {
  EXPECT_EQ(found_in(part("1/2", {"a"}, k_division), part("2/2", {"up", "same", "b"}, k_division)),
            (std::vector<std::string>{"2 tests planned and in no shard: same, c"}));
  EXPECT_EQ(
      found_in(part("1/2", {"up", "a", "b"}, k_division), part("1/2", {"a", "x\n"}, k_division)),
      (std::vector<std::string>{"1 shard not there: 2/2",
                                "2 tests planned and in no shard: same, c",
                                "2 tests ran more often than planned: a, x\\n"}));
}

TEST(MergeShards, WhatOneShardAlonePlansIsPlanned) {
  RunDivision other = k_division;
  other.tests["1/2"].emplace_back("more");
  other.tests["2/2"].emplace_back("same");
  EXPECT_EQ(found_in(part("1/2", {"up", "a", "b"}, k_division),
                     part("2/2", {"up", "same", "c", "same"}, other)),
            found_in(part("1/2", {"up", "a", "b"}, other),
                     part("2/2", {"up", "same", "c", "same"}, k_division)));
  const Result<LoadedReport> merged = merge_shards(parts(
      part("1/2", {"up", "a", "b"}, k_division), part("2/2", {"up", "same", "c", "same"}, other)));
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->report.missing, (std::vector<std::string>{"more", "same"}));
}

TEST(MergeShards, ShardsOfTwoDivisionsDoNotFit) {
  RunDivision other = k_division;
  other.fingerprint = "11ff";
  EXPECT_EQ(different_divisions(parts(part("1/2", {}, k_division), part("2/2", {}, other))),
            "report merge: part 1/2 is shard 1/2 of division 00ff, but part 2/2 is shard 2/2 of "
            "division 11ff: expected shards of one list of tests, one N and one file of times");
  EXPECT_EQ(
      different_divisions(parts(part("1/2", {}, {}), part("2/2", {}, other))),
      "report merge: part 1/2 is no shard of a division, but part 2/2 is shard 2/2 of division "
      "11ff: expected shards of one list of tests, one N and one file of times");
  EXPECT_EQ(different_divisions(parts(part("1/2", {}, other), part("2/2", {}, other))), "");
  EXPECT_EQ(different_divisions(random_shards(1, 3)), "");
}

TEST(MergeShards, EveryFormatIsMade) {
  const Result<LoadedReport> merged = merge_shards(random_shards(7, 3));
  ASSERT_TRUE(merged);
  for (const Format format : {Format::text, Format::json, Format::junit, Format::tap, Format::trace,
                              Format::github, Format::html})
    EXPECT_FALSE(text_of_report(merged->report, format).empty());
}

TEST(MergeShards, TheSameRunTwiceIsRefused) {
  std::vector<NamedReport> shards = random_shards(1, 1);
  shards.push_back(std::move(random_shards(1, 1).front()));
  shards.back().name = "copy";
  const Result<LoadedReport> merged = merge_shards(std::move(shards));
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().message, "merge shard 0 and copy: both are run run 0");
}

// Two shards, changed by their place.
RunReport two_shards(const std::function<void(RunReport&, std::size_t)>& change) {
  std::vector<NamedReport> shards;
  for (std::size_t i = 0; i < 2; ++i) {
    RunReport report;
    report.run.id = std::to_string(i + 1) + "-r";
    report.run.complete = true;
    change(report, i);
    shards.push_back(
        {"shard " + std::to_string(i + 1), {std::move(report), std::make_unique<Outputs>()}});
  }
  Result<LoadedReport> merged = merge_shards(std::move(shards));
  EXPECT_TRUE(merged);
  return merged ? std::move(merged->report) : RunReport{};
}

TEST(MergeShards, WhatEitherOfTwoShardsSaysOfItsRunIsSaidOfAll) {
  for (const std::size_t which : {0U, 1U}) {
    const RunReport all = two_shards([&](RunReport& report, std::size_t i) {
      report.run.unrecorded = 2;
      if (i != which) return;
      report.run.complete = false;
      report.run.has_log = false;
      report.run.address_in_use = {"a"};
      report.run.ran_nothing = {"b"};
      report.run.keeper_until = 1000;
      report.run.retries = "1 further attempt";
      report.changed_sources = {{"a.c", false, {}, false}};
      report.more_changed_sources = 3;
      report.cut_off = true;
    });
    EXPECT_FALSE(all.run.complete);
    EXPECT_FALSE(all.run.has_log);
    EXPECT_EQ(all.run.unrecorded, 4);
    EXPECT_EQ(all.run.address_in_use, std::vector<std::string>{"a"});
    EXPECT_EQ(all.run.ran_nothing, std::vector<std::string>{"b"});
    EXPECT_EQ(all.run.keeper_until, 1000);
    EXPECT_EQ(all.run.retries, "shard " + std::to_string(which + 1) + ": 1 further attempt");
    EXPECT_EQ(all.changed_sources.size(), 1U);
    EXPECT_EQ(all.more_changed_sources, 3);
    EXPECT_TRUE(all.cut_off);
  }
}

TEST(MergeShards, WhatBothSayIsSaidOnceOrOfBoth) {
  const RunReport all = two_shards([](RunReport& report, std::size_t i) {
    report.run.tree = "/b";
    report.run.version = i == 0 ? "0.1.0" : "0.2.0";
    report.run.command = {"ctest", i == 0 ? "-j2" : "-j4"};
    report.run.retries = "1 further attempt";
    report.run.address_in_use = {"a"};
    report.run.started = i == 0 ? 1000 : 900;
    report.run.ended = i == 0 ? 1010 : 1005;
    report.more_changed_sources = 3;
  });
  EXPECT_EQ(all.run.tree, "/b");
  EXPECT_EQ(all.run.version, "");
  EXPECT_TRUE(all.run.command.empty());
  EXPECT_EQ(all.run.retries, "shard 1: 1 further attempt; shard 2: 1 further attempt");
  EXPECT_EQ(all.run.address_in_use, (std::vector<std::string>{"a", "a"}));
  EXPECT_EQ(all.run.started, 900);
  EXPECT_EQ(all.run.ended, 1010);
  EXPECT_EQ(all.more_changed_sources, 6);
}

TEST(MergeShards, AServiceIsOfItsShard) {
  const RunReport all = two_shards([](RunReport& report, std::size_t) {
    report.services.push_back({.name = "db", .generation = 1});
    report.services[0].deaths = {{1, {"a"}, 1002}};
  });
  ASSERT_EQ(all.services.size(), 2U);
  EXPECT_EQ(all.services[1].shard, 1U);
  EXPECT_TRUE(service_deaths(all).at(0).ends_with("; in shard 1"));
  EXPECT_TRUE(service_deaths(all).at(1).ends_with("; in shard 2"));
}

TEST(MergeShards, OnlyTheShardsThatLackSomethingAreNamed) {
  const RunReport cut =
      two_shards([](RunReport& report, std::size_t i) { report.run.complete = i == 0; });
  ASSERT_EQ(warnings_of(cut).size(), 1U);
  EXPECT_THAT(warnings_of(cut)[0], testing::HasSubstr("(or has not yet) in shard 2; "));
  EXPECT_EQ(in_shards(cut).at(0), "2 shards: shard 1 (run 1-r), shard 2 (run 2-r, incomplete)");
  const RunReport neither = two_shards(
      [](RunReport& report, std::size_t) { report.run.complete = report.run.has_log = false; });
  EXPECT_EQ(warnings_of(neither).size(), 1U) << "its log cannot be whole";
  const RunReport without_log = two_shards([](RunReport& report, std::size_t i) {
    report.run.has_log = i == 0;
    report.tests.emplace_back().name = "a";
    report.counts = count(report.tests);
  });
  ASSERT_EQ(warnings_of(without_log).size(), 1U);
  EXPECT_THAT(warnings_of(without_log)[0], testing::HasSubstr("not its own in shard 2: "));
}

TEST(MergeShards, ATestThatRanInSeveralShardsIsNamedOnce) {
  std::vector<NamedReport> shards = random_shards(1, 3);
  for (NamedReport& shard : shards) {
    shard.loaded.report.tests.resize(2);
    shard.loaded.report.tests[0].name = "everywhere";
    shard.loaded.report.tests[1].name = "only in " + shard.name;
  }
  shards[2].loaded.report.tests[0].name = "only in shard 2";  // twice in one shard
  shards[0].loaded.report.tests[1].name = "everywhere";
  const Result<LoadedReport> merged = merge_shards(std::move(shards));
  ASSERT_TRUE(merged);
  EXPECT_EQ(in_several_shards(merged->report), std::vector<std::string>{"everywhere"});
}

TEST(MergeShards, OneIdInTwoTreesOrAtTwoTimesIsTwoRuns) {
  const RunReport trees = two_shards([](RunReport& report, std::size_t i) {
    report.run.id = "1-r";
    report.run.tree = i == 0 ? "/a" : "/b";
  });
  EXPECT_EQ(trees.shards.size(), 2U);
  const RunReport times = two_shards([](RunReport& report, std::size_t i) {
    report.run.id = "1-r";
    report.run.started = 1000.0 + static_cast<double>(i);
  });
  EXPECT_EQ(times.shards.size(), 2U);
}

TEST(MergeShards, LanesAreNamedByShardAndNode) {
  const RunReport all = two_shards([](RunReport&, std::size_t) {});
  EXPECT_EQ(name_of(LaneGroup{1, "", 1}, all), "shard 2");
  EXPECT_EQ(name_of(LaneGroup{1, "n3", 1}, all), "shard 2, n3");
  EXPECT_EQ(name_of(LaneGroup{0, "n3", 1}, RunReport{}), "n3");
}

}  // namespace
}  // namespace holdfast
