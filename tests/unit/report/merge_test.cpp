#include "report/bundle/merge.hpp"

#include "rendered.hpp"
#include "report/describe.hpp"
#include "report/lanes.hpp"
#include "sample_journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
        {"shard " + std::to_string(i), {std::move(report), std::make_unique<NoOutputs>()}});
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
    shards.push_back({id, {std::move(report), std::make_unique<NoOutputs>()}});
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
    for (const Attempt& attempt : test.attempts) {
      EXPECT_EQ(merged->outputs->of(attempt), expected);
      EXPECT_EQ(merged->outputs->of(attempt.service_outputs.at(0)), expected);
    }
  }
}

TEST(MergeShards, OfJournalsInWhichMuchIsWrongOnlyTheFirstComplaintsAreKept) {
  std::vector<NamedReport> shards = random_shards(1, 3);
  const double lost_at[] = {0, 2000, 1000};
  for (std::size_t i = 0; i < shards.size(); ++i) {
    RunReport& report = shards[i].loaded.report;
    report.run.keeper_until = lost_at[i];
    report.journal_flaws = 1000;
    report.complaints.assign(k_max_complaints - 1, Complaint{7, "what"});
    report.cut_off = i == 1;
  }
  const Result<LoadedReport> merged = merge_shards(std::move(shards));
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->report.run.keeper_until, 1000);
  EXPECT_TRUE(merged->report.cut_off);
  EXPECT_EQ(merged->report.journal_flaws, 3000U);
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
  return {"part " + number, {std::move(report), std::make_unique<NoOutputs>()}};
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

}  // namespace
}  // namespace holdfast
