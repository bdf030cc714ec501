// The workers of a batch, added up to one attempt.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "batches/batch_report.hpp"

namespace holdfast::exec {
namespace {

supervision::ListedProcess process(pid_t pid, const std::string& name) {
  supervision::ListedProcess one;
  one.pid = pid;
  std::strncpy(one.name.data(), name.c_str(), one.name.size() - 1);
  return one;
}

supervision::AttemptResult that_left(unsigned count, const std::string& name) {
  supervision::AttemptResult worker;
  worker.observation.leaked = count > 0;
  worker.report.leftovers = count;
  for (unsigned i = 0; i < count && i < worker.report.leftover_list.size(); ++i) {
    worker.report.leftover_list[i] = process(static_cast<pid_t>(i + 1), name + std::to_string(i));
  }
  return worker;
}

TEST(BatchTotal, NamesTheFirstOfWhatAllWorkersLeftAndCountsAll) {
  BatchTotal total;
  for (const char* name : {"a", "b", "c"}) total.add(that_left(10, name));
  const supervision::GuardReport& sum = total.result.report;
  EXPECT_EQ(sum.leftovers, 30U);
  EXPECT_STREQ(sum.leftover_list[0].name.data(), "a0");
  EXPECT_STREQ(sum.leftover_list[9].name.data(), "a9");
  EXPECT_STREQ(sum.leftover_list[10].name.data(), "b0");
  EXPECT_STREQ(sum.leftover_list[15].name.data(), "b5");
  total.add({});
  EXPECT_TRUE(total.result.observation.leaked);
}

TEST(BatchTotal, WhatOneWorkerCouldNotEndIsNamedWhateverTheNextDid) {
  supervision::AttemptResult worker;
  worker.report.survivors = 1;
  worker.report.survivor_list[0] = process(9, "dd");
  BatchTotal total;
  total.add(worker);
  total.add({});
  EXPECT_EQ(total.result.report.survivors, 1U);
  EXPECT_EQ(total.result.report.survivor_list[0].pid, 9);
}

TEST(BatchTotal, AddsTimesUpAndKeepsTheLargestPeak) {
  supervision::AttemptResult large;
  large.report.user_us = 3;
  large.report.system_us = 5;
  large.report.max_rss_kb = 900;
  large.report.memory_peak_kb = 1900;
  supervision::AttemptResult small = large;
  small.report.max_rss_kb = 100;
  small.report.memory_peak_kb = 200;
  BatchTotal total;
  total.add(large);
  total.add(small);
  const supervision::GuardReport& sum = total.result.report;
  EXPECT_EQ(sum.user_us, 6);
  EXPECT_EQ(sum.system_us, 10);
  EXPECT_EQ(sum.max_rss_kb, 900);
  EXPECT_EQ(sum.memory_peak_kb, 1900);
}

TEST(BatchTotal, EndsForTheReasonThatEndedTheWholeAndNotForThatOfACase) {
  supervision::AttemptResult late;
  late.observation.end_reason = EndReason::timeout;
  late.ended_for_companion = true;
  BatchTotal total;
  total.add(late);
  EXPECT_EQ(total.result.observation.end_reason, EndReason::none);
  EXPECT_EQ(total.last_by, EndedBy::case_limit);
  late.ended_for_companion = false;
  total.add(late);
  EXPECT_EQ(total.last_by, EndedBy::whole_limit);
  total.add({});
  EXPECT_EQ(total.result.observation.end_reason, EndReason::timeout);
  EXPECT_EQ(total.last_by, EndedBy::itself);
}

TEST(BatchTotal, CountsMoreThanOneWorkerCouldName) {
  BatchTotal total;
  total.add(that_left(100, "a"));
  const supervision::GuardReport& sum = total.result.report;
  EXPECT_EQ(sum.leftovers, 100U);
  EXPECT_STREQ(sum.leftover_list.back().name.data(), "a15");
}

TEST(BatchTotal, KeepsTheFirstErrorOfAStartAndTheLastNote) {
  supervision::AttemptResult unstarted;
  unstarted.report.exec_error = ENOENT;
  supervision::AttemptResult lost;
  lost.note = "the guard was killed";
  BatchTotal total;
  total.add(unstarted);
  total.add(lost);
  unstarted.report.exec_error = EACCES;
  total.add(unstarted);
  EXPECT_EQ(total.result.report.exec_error, ENOENT);
  EXPECT_EQ(total.result.note, "the guard was killed");
}

// OnLeak::ignore lets them live.
TEST(BatchTotal, WhatAWorkerMayLeaveIsNotCounted) {
  supervision::AttemptResult kept = that_left(2, "a");
  kept.report.kept = true;
  BatchTotal total;
  total.add(kept);
  EXPECT_EQ(total.result.report.leftovers, 0U);
  EXPECT_FALSE(total.result.observation.leaked);
}

TEST(BatchTotal, HasTheSignalThatEndedAWorkerAndWhetherWhatItLeftMakesItRed) {
  for (const EndReason reason : {EndReason::signal, EndReason::parent_gone, EndReason::lock_lost}) {
    supervision::AttemptResult ended = that_left(1, "a");
    ended.observation.end_reason = reason;
    ended.observation.end_signal = 2;
    ended.observation.leak_fails = true;
    BatchTotal total;
    total.add(ended);
    EXPECT_EQ(total.last_by, EndedBy::interruption);
    EXPECT_EQ(total.result.observation.end_reason, reason);
    EXPECT_EQ(total.result.observation.end_signal, 2);
    EXPECT_TRUE(total.result.observation.leak_fails);
  }
}

TEST(BatchTotal, MayBeEndedByNoWorker) {
  BatchTotal total;
  total.end_by(EndReason::signal, 15);
  EXPECT_EQ(total.last_by, EndedBy::interruption);
  EXPECT_EQ(total.result.observation.end_reason, EndReason::signal);
  EXPECT_EQ(total.result.observation.end_signal, 15);
}

TEST(BatchTotal, OurOwnFailureIsTheReasonWhateverElseIsSaid) {
  supervision::AttemptResult lost;
  lost.observation.own_failure = true;
  lost.observation.end_reason = EndReason::timeout;
  EXPECT_EQ(who_ended(lost), EndedBy::own_failure);
}

}  // namespace
}  // namespace holdfast::exec
