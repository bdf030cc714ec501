
#include <gtest/gtest.h>
#include <signal.h>

#include <cstring>

#include "slurm/far_job.hpp"

namespace holdfast::exec {
namespace {

using supervision::AttemptResult;

TEST(FarResult, IsReadAsItWasWritten) {
  AttemptResult result;
  result.observation.main = {ProcessEnd::Kind::signalled, SIGSEGV};
  result.observation.leaked = true;
  result.observation.skip_code = 77;
  result.report.leftovers = 2;
  result.report.leftover_list[0] = {4711, {}};
  std::strcpy(result.report.leftover_list[0].name.data(), "a b");
  result.report.leftover_list[1] = {4712, {}};
  result.report.user_us = 12'345'678'901;
  result.wall_us = 99;
  result.lock_wait = Milliseconds{1500};
  result.note = "two\nlines";
  result.remark = "a remark";
  result.ran_nothing_because = "it printed its help";
  result.scratch = "/scratch";
  result.pressed = SIGINT;
  result.report.oom_kills = 3;
  result.report.survivors = 1;
  result.marker = "";
  result.orphans = {{"exit-7", "why"}, {"exit-8", ""}};
  result.outcome = Outcome::timed_out;  // of a case: the process tells another
  result.cases_left = {{"A.b", "two\nlines"}};
  const Result<AttemptResult> read = far_result_in(to_text(result));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->outcome, Outcome::timed_out);
  EXPECT_EQ(read->cases_left, result.cases_left);
  EXPECT_EQ(read->observation.main.code, SIGSEGV);
  EXPECT_TRUE(read->observation.leaked);
  EXPECT_EQ(read->observation.skip_code, 77);
  EXPECT_EQ(read->observation.main.signal(), SIGSEGV);
  EXPECT_EQ(read->report.leftover_list[0].pid, 4711);
  EXPECT_STREQ(read->report.leftover_list[0].name.data(), "a b");
  EXPECT_EQ(read->report.leftover_list[1].pid, 4712);
  EXPECT_EQ(read->report.user_us, result.report.user_us);
  EXPECT_EQ(read->wall_us, 99);
  EXPECT_EQ(read->lock_wait, result.lock_wait);
  EXPECT_EQ(read->note, result.note);
  EXPECT_EQ(read->remark, result.remark);
  EXPECT_EQ(read->ran_nothing_because, result.ran_nothing_because);
  EXPECT_EQ(read->scratch, result.scratch);
  EXPECT_EQ(read->pressed, SIGINT);
  EXPECT_EQ(read->report.oom_kills, 3);
  EXPECT_EQ(read->report.survivors, 1U);
  EXPECT_EQ(read->marker, "");
  ASSERT_EQ(read->orphans.size(), 2U);
  EXPECT_EQ(read->orphans[1].file, "exit-8");
  EXPECT_EQ(read->orphans[0].why, "why");
  EXPECT_EQ(read->orphans[1].why, "");
}

TEST(FarResult, HasEachFactAndNoOther) {
  constexpr bool Observation::*k_facts[] = {
      &Observation::lock_not_had, &Observation::lock_refused, &Observation::lock_lost,
      &Observation::own_failure,  &Observation::node_lost,    &Observation::leaked,
      &Observation::leak_fails,   &Observation::marked,       &Observation::unfinished,
      &Observation::ran_nothing,  &Observation::out_of_memory};
  for (const auto fact : k_facts) {
    AttemptResult result;
    result.observation.*fact = true;
    const Result<AttemptResult> read = far_result_in(to_text(result));
    ASSERT_TRUE(read) << read.error().message;
    for (const auto other : k_facts) EXPECT_EQ(read->observation.*other, other == fact);
  }
}

TEST(FarResult, HasEachNumber) {
  AttemptResult result;
  result.observation.end_reason = EndReason::signal;
  result.observation.end_signal = SIGINT;
  result.observation.no_tests = NoTests::skip;
  result.ran_no_case = true;
  result.report.kept = true;
  result.report.exec_error = 13;
  result.report.system_us = 21;
  result.report.max_rss_kb = 22;
  result.report.memory_peak_kb = 23;
  const Result<AttemptResult> read = far_result_in(to_text(result));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->observation.end_reason, EndReason::signal);
  EXPECT_EQ(read->observation.end_signal, SIGINT);
  EXPECT_EQ(read->observation.no_tests, NoTests::skip);
  EXPECT_TRUE(read->ran_no_case);
  EXPECT_TRUE(read->report.kept);
  EXPECT_EQ(read->report.exec_error, 13);
  EXPECT_EQ(read->report.system_us, 21);
  EXPECT_EQ(read->report.max_rss_kb, 22);
  EXPECT_EQ(read->report.memory_peak_kb, 23);
}

TEST(FarStart, IsReadAsItWasWritten) {
  const Result<FarStart> read = far_start_in(to_text(FarStart{"n 1", "0.1", "x86_64"}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->node, "n 1");
  EXPECT_EQ(read->version, "0.1");
  EXPECT_EQ(read->architecture, "x86_64");
  EXPECT_FALSE(far_start_in(to_text(AttemptResult())));
}

TEST(FarResult, KnowsWhetherTheCasesThatAreLeftWereSaid) {
  AttemptResult result;
  EXPECT_EQ(far_result_in(to_text(result))->cases_left, std::nullopt);
  result.cases_left.emplace();
  EXPECT_EQ(far_result_in(to_text(result))->cases_left, std::vector<std::string>());
}

TEST(FarResult, ThatIsCutOffOrOfAnotherKindIsNone) {
  const std::string text = to_text(AttemptResult());
  EXPECT_FALSE(far_result_in(""));
  EXPECT_FALSE(far_result_in(text.substr(0, text.size() / 2 + 1) + "x"));
  EXPECT_FALSE(far_result_in(to_text(FarStart{"n1", "1", "x86_64"})));
}

TEST(FarJob, WithoutACommandIsNone) {
  FarJob job;
  EXPECT_FALSE(far_job_in(to_text(job)));
  job.arguments = {"holdfast-launcher"};
  EXPECT_TRUE(far_job_in(to_text(job)));
}

TEST(FarJob, IsReadAsItWasWritten) {
  FarJob job;
  job.version = "0.1";
  job.arguments = {"holdfast-launcher", "--test=a b", "sh", "", "-c"};
  job.environment = {"A=1", "B=two\nlines", "odd"};
  job.directory = "/a b";
  job.variables = {{"HOLDFAST_SLOT_GPU", "1,2"}, {"EMPTY", ""}};
  job.one_stream = false;
  job.n = 3;
  job.cases = {"A.a", "A.b c"};
  job.log = "/a b/1.log";
  job.grant.attempt = "7";
  job.grant.policy.timeout = Milliseconds{1500};
  const Result<FarJob> read = far_job_in(to_text(job));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->version, job.version);
  EXPECT_EQ(read->arguments, job.arguments);
  EXPECT_EQ(read->environment, job.environment);
  EXPECT_EQ(read->directory, job.directory);
  EXPECT_EQ(read->variables, job.variables);
  EXPECT_EQ(read->cases, job.cases);
  EXPECT_EQ(read->log, job.log);
  EXPECT_FALSE(read->one_stream);
  EXPECT_EQ(read->n, 3U);
  EXPECT_EQ(read->grant.attempt, "7");
  EXPECT_EQ(read->grant.policy, job.grant.policy);
}

}  // namespace
}  // namespace holdfast::exec
