#include "report/time/run_time.hpp"

#include "report/run_report.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast {
namespace {

// A run of ten seconds on two slots.
class Sample {
 public:
  Sample() {
    report_.run.started = 100;
    report_.run.ended = 110;
    report_.run.jobs = 2;
  }

  Attempt& ran(const std::string& name, double begin, double end) {
    TestReport& test = report_.tests.emplace_back();
    test.name = name;
    test.outcome = Outcome::passed;
    Attempt& attempt = test.attempts.emplace_back();
    attempt.has_ended = true;
    attempt.outcome = Outcome::passed;
    attempt.started = 100 + begin;
    attempt.ended = 100 + end;
    attempt.wall_s = end - begin;
    return attempt;
  }

  RunReport& report() {
    report_.counts = count(report_.tests);
    return report_;
  }
  std::string text() { return run_time_text(report()); }

 private:
  RunReport report_;
};

TEST(RunTime, WhatCasesRanInLentSlotsCounts) {
  Sample sample;
  sample.ran("batch", 0, 10).lent_s = 5;
  EXPECT_DOUBLE_EQ(run_time_of(sample.report()).utilisation.value_or(-1), 0.75);
}

TEST(RunTime, TheShareIsTheTimeInWhichTestsRan) {
  Sample sample;
  sample.ran("a", 0, 8);
  Attempt& waited = sample.ran("b", 0, 5);
  waited.wall_s = 2;
  waited.lock_wait_s = 2.5;
  waited.service_wait_s = 0.5;
  const RunTime time = run_time_of(sample.report());
  EXPECT_DOUBLE_EQ(time.utilisation.value_or(-1), 0.5);
  EXPECT_DOUBLE_EQ(time.lock_wait_s, 2.5);
  EXPECT_DOUBLE_EQ(time.service_wait_s, 0.5);
  EXPECT_EQ(sample.text(),
            "10.0 s on 2 slots, 50 % used; longest test 8.00 s (a); waits: locks 2.50 s, services "
            "0.50 s");
}

TEST(RunTime, AStepCostsWhatItTakesBesideTheTestAndItsWaits) {
  Sample sample;
  sample.ran("here", 0, 3).wall_s = 2;
  for (const double cost : {0.1, 0.25, 3.0}) {
    Attempt& step = sample.ran("step", 1, 5 + cost);
    step.node = "n1";
    step.wall_s = 2.5;
    step.lock_wait_s = 1;
    step.service_wait_s = 0.5;
  }
  EXPECT_NEAR(run_time_of(sample.report()).step_cost_s.value_or(-1), 0.25, 1e-9);
  EXPECT_NE(sample.text().find("; a step of Slurm: 0.25 s on top of each test"), std::string::npos)
      << sample.text();
  Sample without;
  without.ran("here", 0, 3);
  // Of these, no length is known.
  Attempt& runs = without.ran("goes on", 1, 6);
  runs.node = "n1";
  runs.ended.reset();
  Attempt& lost = without.ran("lost", 1, 6);
  lost.node = "n1";
  lost.started.reset();
  EXPECT_FALSE(run_time_of(without.report()).step_cost_s);
}

TEST(RunTime, ATestTakesAsManySlotsAsItsProcessorsAndThereAre) {
  Sample sample;
  sample.ran("a", 0, 3);
  sample.report().tests.back().schedule.processors = 8;
  sample.ran("b", 3, 5);
  EXPECT_DOUBLE_EQ(run_time_of(sample.report()).utilisation.value_or(-1), 0.4);
}

TEST(RunTime, AChainIsOfOneShard) {
  Sample sample;
  sample.ran("a", 0, 3);
  sample.ran("b", 4, 6);
  sample.report().tests.back().schedule.depends = {"a"};
  EXPECT_EQ(run_time_of(sample.report()).longest, (Chain{5, {"a", "b"}}));
  sample.report().shards.resize(2);
  sample.report().tests.back().shard = 1;
  EXPECT_EQ(run_time_of(sample.report()).longest, (Chain{3, {"a"}}));
  EXPECT_EQ(sample.text(), "");
}

TEST(RunTime, TheShareIsLeftOutIfItIsNotKnown) {
  const auto share_after = [](auto change) {
    Sample sample;
    sample.ran("a", 0, 8);
    sample.ran("b", 0, 2);
    change(sample.report());
    sample.report();
    return run_time_of(sample.report()).utilisation;
  };
  EXPECT_TRUE(share_after([](RunReport&) {}));
  EXPECT_FALSE(share_after([](RunReport& report) { report.run.jobs.reset(); }));
  EXPECT_FALSE(share_after([](RunReport& report) { report.run.ended.reset(); }));
  EXPECT_FALSE(share_after([](RunReport& report) { report.run.ended = report.run.started; }));
  EXPECT_FALSE(share_after([](RunReport& report) { report.run.unrecorded = 1; }));
  EXPECT_FALSE(share_after([](RunReport& report) { report.tests.back().bare = true; }));
  EXPECT_FALSE(share_after(
      [](RunReport& report) { report.tests.back().attempts.back().has_ended = false; }));
  // More was used than there is: the number of slots cannot be right.
  EXPECT_FALSE(share_after([](RunReport& report) { report.run.ended = 104; }));
}

TEST(RunTime, ASlotForWhichThereIsNoTestIsSaid) {
  Sample sample;
  sample.ran("a", 0, 8);
  sample.ran("b", 0, 8);
  sample.report().run.jobs = 64;
  EXPECT_EQ(sample.text(), "10.0 s on 64 slots for 2 tests, 3 % used; longest test 8.00 s (a)");
}

TEST(RunTime, TheTimeOfTestsThatTimedOutIsSaid) {
  Sample sample;
  sample.report().run.jobs.reset();
  sample.ran("a", 0, 4).outcome = Outcome::timed_out;
  sample.ran("b", 4, 5);
  EXPECT_DOUBLE_EQ(run_time_of(sample.report()).timed_out_s, 4);
  EXPECT_EQ(sample.text(), "10.0 s; longest test 4.00 s (a); timed out: 4.00 s");
}

TEST(RunTime, ALongChainIsShownByItsEndsAndSafeForATerminal) {
  Sample sample;
  for (int i = 0; i < 9; ++i) {
    sample.ran("t" + std::to_string(i), i, i + 1);
    if (i > 0) sample.report().tests.back().schedule.depends = {"t" + std::to_string(i - 1)};
  }
  sample.report().tests.front().name = "a\n";
  sample.report().tests[1].schedule.depends = {"a\n"};
  EXPECT_EQ(sample.text(),
            "10.0 s on 2 slots, 45 % used; longest chain 9.00 s (a\\n \u2192 t1 \u2192 t2 \u2192 3 "
            "more \u2192 t6 \u2192 t7 \u2192 t8)");
}

TEST(RunTime, OfAShortRunAndOfOneTestNothingIsSaid) {
  Sample one;
  one.ran("a", 0, 8);
  EXPECT_EQ(one.text(), "");
  Sample quick;
  quick.ran("a", 0, 0.5);
  quick.ran("b", 0, 0.5);
  quick.report().run.ended = 100.9;
  EXPECT_EQ(quick.text(), "");
  EXPECT_EQ(run_time_text(RunReport{}), "");
}

}  // namespace
}  // namespace holdfast
