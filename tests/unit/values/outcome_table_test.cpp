// Repeats every column of the table of outcomes: a changed name or fact shows here.

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "values/outcome.hpp"
#include "values/retry_rules.hpp"

namespace holdfast {
namespace {

struct Row {
  Outcome outcome;
  const char* name;
  Grade grade;
  int code;
  int signal;
  bool is_worth_knowing;
  std::optional<RetryCause> cause;
  const char* end;  // for code or signal 7
  int badness;
  std::size_t place;
  bool is_named;
};

constexpr auto k_passed = Grade::passed;
constexpr auto k_failure = Grade::failure;
constexpr auto k_error = Grade::error;
constexpr std::optional<RetryCause> k_never;
constexpr RetryCause k_exit = RetryCause::exit_code;

constexpr std::array<Row, k_outcomes> k_rows{{
    {Outcome::passed, "passed", k_passed, 0, 6, true, k_exit, "exit 7", 0, 1, false},
    {Outcome::failed, "failed", k_failure, 0, 6, true, k_exit, "exit 7", 3, 2, false},
    {Outcome::deliberate_exit, "deliberate_exit", k_failure, 0, 6, false, k_exit, "exit 7", 4, 2,
     false},
    {Outcome::crashed, "crashed", k_error, 0, 6, true, RetryCause::crash, "crashed (signal 7)", 8,
     3, true},
    {Outcome::premature_exit, "premature_exit", k_error, 1, 6, false, k_exit, "exit 7", 5, 4, true},
    {Outcome::timed_out, "timed_out", k_error, 124, 9, false, RetryCause::timeout, "timed out", 6,
     5, true},
    {Outcome::oom_killed, "oom_killed", k_error, 0, 6, true, RetryCause::oom,
     "killed because memory ran out", 7, 6, true},
    {Outcome::launch_failed, "launch_failed", k_error, 126, 6, false, RetryCause::launch,
     "not started", 10, 9, false},
    {Outcome::no_tests, "no_tests", k_error, 1, 6, true, k_never, "exit 7", 2, 7, true},
    {Outcome::skipped, "skipped", Grade::skipped, 0, 6, true, k_exit, "exit 7", 0, 11, false},
    {Outcome::lock_timeout, "lock_timeout", k_error, 75, 6, false, k_never, "lock_timeout", 10, 0,
     false},
    {Outcome::lock_lost, "lock_lost", k_error, 125, 6, false, k_never, "lock_lost", 10, 0, false},
    {Outcome::service_unavailable, "service_unavailable", k_error, 125, 6, false, k_never,
     "service_unavailable", 10, 0, false},
    {Outcome::node_lost, "node_lost", k_error, 125, 6, false, RetryCause::node, "node lost", 10, 0,
     false},
    {Outcome::interrupted, "interrupted", k_error, 125, 15, false, k_never, "interrupted", 9, 8,
     true},
    {Outcome::internal_error, "internal_error", k_error, 125, 6, false, k_never, "internal_error",
     11, 10, true},
    {Outcome::not_run, "not_run", k_error, 125, 6, false, k_never, "not_run", 1, 12, false},
    {Outcome::unknown, "unknown", k_error, 125, 6, false, k_never, "unknown", 11, 0, false},
}};

TEST(OutcomeTable, SaysTheseFactsOfEachOutcome) {
  for (const Row& row : k_rows) {
    const OutcomeFacts& facts = facts_of(row.outcome);
    EXPECT_EQ(facts.outcome, row.outcome) << row.name;
    EXPECT_EQ(name_of(row.outcome), row.name);
    EXPECT_EQ(facts.grade, row.grade) << row.name;
    EXPECT_EQ(facts.code, row.code) << row.name;
    EXPECT_EQ(facts.signal, row.signal) << row.name;
    EXPECT_EQ(facts.is_worth_knowing, row.is_worth_knowing) << row.name;
    EXPECT_EQ(facts.cause, row.cause) << row.name;
    EXPECT_EQ(describe_end(row.outcome, {ProcessEnd::Kind::exited, 7}), row.end) << row.name;
    EXPECT_EQ(facts.badness, row.badness) << row.name;
    EXPECT_EQ(facts.place, row.place) << row.name;
    EXPECT_EQ(facts.is_named, row.is_named) << row.name;
  }
}

TEST(OutcomeTable, WhatIsNeverTriedAgainHasAReasonAndWhatIsGoodIsNotBad) {
  for (const OutcomeFacts& facts : k_outcome_table) {
    EXPECT_TRUE(facts.cause || !facts.never_again.empty()) << facts.name;
    EXPECT_EQ(is_good(facts.outcome), facts.badness == 0) << facts.name;
  }
}

TEST(OutcomeTable, OnlyWhatAnAttemptCanHaveIsReadFromARecord) {
  for (const Row& row : k_rows) {
    const bool is_of_attempts = row.outcome != Outcome::not_run && row.outcome != Outcome::unknown;
    EXPECT_EQ(outcome_named(row.name), is_of_attempts ? std::optional(row.outcome) : std::nullopt)
        << row.name;
  }
}

TEST(OutcomeTable, PeopleReadTheNameWithBlanks) {
  EXPECT_EQ(label(Outcome::passed), "passed");
  EXPECT_EQ(label(Outcome::deliberate_exit), "deliberate exit");
  EXPECT_EQ(label(Outcome::not_run), "not run");
}

}  // namespace
}  // namespace holdfast
