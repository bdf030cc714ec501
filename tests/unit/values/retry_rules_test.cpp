#include "values/retry_rules.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace holdfast {
namespace {

using Kind = ProcessEnd::Kind;

TEST(RetryRules, AreReadAndWrittenBack) {
  const struct {
    const char* text;
    const char* written;
  } rows[] = {
      {"", ""},
      {"exit:4=3,crash=2,timeout=1,launch=1,oom=1,any=1",
       "exit:4=3,crash=2,timeout=1,launch=1,oom=1,any=1"},
      {" exit:4 = 3 , crash=2,", "exit:4=3,crash=2"},
      {",crash=1,,any=2 , ,", "crash=1,any=2"},
      {"exit:0=1,exit:255=1000,crash=0", "exit:0=1,exit:255=1000,crash=0"},
      {"signal:SIGSEGV=2,signal:SIGABRT=0", "signal:SIGSEGV=2,signal:SIGABRT=0"},
      {"service=2,any=1", "service=2,any=1"},
      {"node=2,any=1", "node=2,any=1"},
  };
  for (const auto& row : rows) {
    const Result<RetryRules> rules = parse_retry_rules(row.text);
    ASSERT_TRUE(rules) << row.text << ": " << rules.error().message;
    EXPECT_EQ(to_text(*rules), row.written);
  }
}

TEST(RetryRules, WhatIsNoneIsRefusedByWhatWasExpected) {
  const std::string words =
      ": expected exit:CODE=N, signal:NAME=N, crash=N, timeout=N, launch=N, oom=N, node=N, "
      "any=N or service=N";
  const std::string number = ": expected a number of further attempts, 0 to 1000, after `";
  const struct {
    const char* text;
    std::string error;
  } rows[] = {
      {"3", "\"3\"" + words},
      {"fail=3", "\"fail=3\"" + words},
      {"Crash=3", "\"Crash=3\"" + words},
      {"exit=3", "\"exit=3\"" + words},
      {"exit:=3", "\"exit:=3\"" + words},
      {"exit:256=3", "\"exit:256=3\"" + words},
      {"exit:-1=3", "\"exit:-1=3\"" + words},
      {"=3", "\"=3\"" + words},
      {"signal:=3", "\"signal:=3\"" + words},
      {"signal:11=3", "\"signal:11=3\"" + words},
      {"signal:SEGV=3", "\"signal:SEGV=3\"" + words},
      {"signal:SIGNONE=3", "\"signal:SIGNONE=3\"" + words},
      {"signal:SIGSEGV", "\"signal:SIGSEGV\"" + number + "signal:SIGSEGV=`"},
      {"signal:SIGBUS=1,crash=1,signal:SIGBUS=2",
       "\"signal:SIGBUS\" twice: expected one number for it"},
      {"crash", "\"crash\"" + number + "crash=`"},
      {"crash=", "\"crash=\"" + number + "crash=`"},
      {"crash=x", "\"crash=x\"" + number + "crash=`"},
      {"crash=-1", "\"crash=-1\"" + number + "crash=`"},
      {"any=1,exit:4=1001", "\"exit:4=1001\"" + number + "exit:4=`"},
      {"crash=99999999999999999999", "\"crash=99999999999999999999\"" + number + "crash=`"},
      {"crash=1,any=2,crash=3", "\"crash\" twice: expected one number for it"},
      {"exit:4=1,exit:04=3", "\"exit:4\" twice: expected one number for it"},
  };
  for (const auto& row : rows) {
    const Result<RetryRules> rules = parse_retry_rules(row.text);
    ASSERT_FALSE(rules) << row.text;
    EXPECT_EQ(rules.error().message, row.error);
  }
}

TEST(RetryRules, OfThoseThatFitTheMostSpecificCounts) {
  const struct {
    const char* rules;
    Outcome outcome;
    ProcessEnd main;
    const char* counts;
  } rows[] = {
      {"exit:4=3,any=1", Outcome::failed, {Kind::exited, 4}, "exit:4=3"},
      {"any=1,exit:4=3", Outcome::failed, {Kind::exited, 4}, "exit:4=3"},
      {"exit:4=3,any=1", Outcome::failed, {Kind::exited, 5}, "any=1"},
      {"exit:4=3", Outcome::failed, {Kind::exited, 5}, "none"},
      {"exit:4=3", Outcome::deliberate_exit, {Kind::exited, 4}, "exit:4=3"},
      {"exit:0=3", Outcome::premature_exit, {Kind::exited, 0}, "exit:0=3"},
      // The verdict made this a failure: PASS_REGULAR_EXPRESSION, WILL_FAIL.
      {"exit:0=3", Outcome::passed, {Kind::exited, 0}, "exit:0=3"},
      {"crash=2,any=1", Outcome::crashed, {Kind::signalled, 11}, "crash=2"},
      // The number of a signal is no exit code.
      {"exit:11=2", Outcome::crashed, {Kind::signalled, 11}, "none"},
      {"any=1,crash=2,signal:SIGSEGV=3",
       Outcome::crashed,
       {Kind::signalled, 11},
       "signal:SIGSEGV=3"},
      {"signal:SIGSEGV=3,crash=2", Outcome::crashed, {Kind::signalled, 6}, "crash=2"},
      {"signal:SIGSEGV=3", Outcome::crashed, {Kind::signalled, 6}, "none"},
      {"signal:SIGKILL=3", Outcome::timed_out, {Kind::signalled, 9}, "none"},
      {"signal:SIGKILL=3", Outcome::oom_killed, {Kind::signalled, 9}, "none"},
      {"any=3,crash=0", Outcome::crashed, {Kind::signalled, 6}, "crash=0"},
      {"timeout=1,crash=2", Outcome::timed_out, {Kind::signalled, 9}, "timeout=1"},
      {"timeout=1,exit:4=2", Outcome::timed_out, {Kind::exited, 4}, "timeout=1"},
      {"crash=2", Outcome::timed_out, {Kind::signalled, 9}, "none"},
      {"oom=1,crash=2", Outcome::oom_killed, {Kind::signalled, 9}, "oom=1"},
      {"crash=2", Outcome::oom_killed, {Kind::signalled, 9}, "none"},
      {"crash=2,any=4", Outcome::oom_killed, {Kind::signalled, 9}, "any=4"},
      {"launch=3", Outcome::launch_failed, {Kind::never_started, 26}, "launch=3"},
      {"launch=3", Outcome::launch_failed, {Kind::never_started, 2}, "never"},
      {"any=1", Outcome::interrupted, {Kind::signalled, 15}, "never"},
      // It does not fit an end, but what befell a service.
      {"service=1", Outcome::failed, {Kind::exited, 4}, "none"},
      {"service=1,any=2", Outcome::failed, {Kind::exited, 4}, "any=2"},
  };
  for (const auto& row : rows) {
    const Result<RetryRules> rules = parse_retry_rules(row.rules);
    ASSERT_TRUE(rules);
    const std::optional<RetryCause> cause = cause_of(row.outcome, row.main);
    const RetryRule* rule = cause ? rule_for(*rules, *cause, row.main) : nullptr;
    EXPECT_EQ(!cause            ? "never"
              : rule == nullptr ? "none"
                                : to_text(*rule),
              row.counts)
        << row.rules << " / " << name_of(row.outcome);
  }
}

TEST(RetryRules, WhatCannotGetBetterIsNeverTriedAgain) {
  const struct {
    Outcome outcome;
    int code;
    const char* why;
  } rows[] = {
      {Outcome::passed, 0, ""},
      {Outcome::failed, 4, ""},
      // The errno of a missing file, but as an exit code.
      {Outcome::failed, 2, ""},
      {Outcome::failed, 20, ""},
      {Outcome::deliberate_exit, 1, ""},
      {Outcome::crashed, 11, ""},
      {Outcome::premature_exit, 0, ""},
      {Outcome::timed_out, 9, ""},
      {Outcome::oom_killed, 9, ""},
      {Outcome::skipped, 77, ""},
      {Outcome::launch_failed, 2, "a command that does not exist"},
      {Outcome::launch_failed, 20, "a command that does not exist"},
      {Outcome::launch_failed, 13, "a command that cannot be executed"},
      {Outcome::launch_failed, 8, "a command that cannot be executed"},
      {Outcome::launch_failed, 0, "a command that cannot be executed"},
      {Outcome::launch_failed, 11, ""},
      {Outcome::launch_failed, 12, ""},
      {Outcome::launch_failed, 26, ""},
      {Outcome::no_tests, 0, "no tests were found"},
      {Outcome::lock_timeout, 0, "its locks were not had in time"},
      {Outcome::lock_lost, 0, "its lock was lost"},
      {Outcome::service_unavailable, 0, "a service it needs is not available"},
      {Outcome::interrupted, 0, "it was interrupted"},
      {Outcome::internal_error, 0, "Holdfast itself failed, or refused to run it"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(never_again(row.outcome, {Kind::never_started, row.code}), row.why);
  }
}

TEST(RetryRules, AStartIsTriedAgainAfterAnErrorThatMayPass) {
  for (const int error :
       {EINTR, EIO, EAGAIN, ENOMEM, EBUSY, ENFILE, EMFILE, ETXTBSY, ETIMEDOUT, ESTALE}) {
    const ProcessEnd main{Kind::never_started, error};
    EXPECT_EQ(never_again(Outcome::launch_failed, main), "") << error;
    EXPECT_EQ(cause_of(Outcome::launch_failed, main), RetryCause::launch) << error;
  }
}

}  // namespace
}  // namespace holdfast
