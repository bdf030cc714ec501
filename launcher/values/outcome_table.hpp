// Every outcome, with all that follows from the outcome alone. A new outcome needs an enumerator
// and a row. What depends on more is in exit_of(), never_again() and describe_end(), which look
// here first. docs/reference/outcomes.md is the table for people.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/enum_names.hpp"
#include "base/exit_codes.hpp"

namespace holdfast {

// What Holdfast concludes of an attempt, and of a test.
enum class Outcome : std::uint8_t {
  passed,
  failed,
  deliberate_exit,
  crashed,
  premature_exit,
  timed_out,
  oom_killed,
  launch_failed,
  no_tests,
  skipped,
  lock_timeout,
  lock_lost,
  service_unavailable,
  node_lost,
  interrupted,
  internal_error,
  // The next two are only for a test in a report. Launchers conclude the outcomes above.
  not_run,  // ctest knew the test and did not start it: disabled, no program, a fixture failed
  unknown,  // the test ran, but its end or ctest's verdict is not known; never a success
};

inline constexpr std::size_t k_outcomes = static_cast<std::size_t>(Outcome::unknown) + 1;

// How JUnit sees an outcome. With the grade `error`, the outcome stays, whatever ctest concludes.
// The other grades say no more than an exit code does, and ctest's rules decide what the exit code
// means.
enum class Grade : std::uint8_t {
  passed,
  skipped,
  failure,  // the test says no
  error,    // the test could not say
};

// How a failed attempt ended, in the words of retry rules. More specific causes come first. What
// befell its services counts only after all ends.
enum class RetryCause : std::uint8_t {
  exit_code,  // ended by itself with one given code
  signal,     // crashed by one given signal
  crash,      // died of a signal, and not because memory ran out
  timeout,
  launch,  // could not be started, for a reason that may go away
  oom,     // killed because memory ran out
  node,    // its node was lost (engine slurm)
  any,
  service,  // failed in any way, and a service that it used was lost
};

// After a word that ends in a colon, a code or a signal follows.
constexpr std::array<std::string_view, 9> words_of(RetryCause) {
  return {"exit:", "signal:", "crash", "timeout", "launch", "oom", "node", "any", "service"};
}

// Signal numbers of Linux; core includes no system header. Source: signal(7), x86 and arm.
inline constexpr int k_signal_abort = 6;
inline constexpr int k_signal_kill = 9;
inline constexpr int k_signal_term = 15;

// The defaults are for outcomes that are not the test's own doing. Every launcher carries the
// table.
struct OutcomeFacts {
  Outcome outcome = Outcome::passed;
  // A name is never changed or reused, because records, reports and users' scripts contain it.
  std::string_view name = {};
  Grade grade = Grade::error;
  // How the launcher ends; with code 0 it ends as the test did.
  std::uint8_t code = exit_codes::k_own_failure;  // as a command
  std::uint8_t signal = k_signal_abort;           // under ctest
  bool is_worth_knowing = false;                  // a note about it may be news and no error
  // For the cases of a batch.
  std::uint8_t badness = 10;  // the worst one decides; 0: good
  std::uint8_t place = 0;     // in the line about the cases; 0: no case has this outcome
  bool is_named = false;      // the line names these cases, because the test's own output does not
  // For retries.
  std::optional<RetryCause> cause = {};
  std::string_view never_again = {};  // why another attempt cannot help
  std::string_view end = {};          // for people; # is the code or signal; empty: the name
};

// clang-format off
inline constexpr std::array<OutcomeFacts, k_outcomes> k_outcome_table{{
    {.outcome = Outcome::passed, .name = "passed", .grade = Grade::passed,
     .code = 0, .is_worth_knowing = true, .badness = 0, .place = 1,
     .cause = RetryCause::exit_code, .end = "exit #"},
    {.outcome = Outcome::failed, .name = "failed", .grade = Grade::failure,
     .code = 0, .is_worth_knowing = true, .badness = 3, .place = 2,
     .cause = RetryCause::exit_code, .end = "exit #"},
    {.outcome = Outcome::deliberate_exit, .name = "deliberate_exit", .grade = Grade::failure,
     .code = 0, .badness = 4, .place = 2,
     .cause = RetryCause::exit_code, .end = "exit #"},
    {.outcome = Outcome::crashed, .name = "crashed",
     .code = 0, .is_worth_knowing = true, .badness = 8, .place = 3, .is_named = true,
     .cause = RetryCause::crash, .end = "crashed (signal #)"},
    {.outcome = Outcome::premature_exit, .name = "premature_exit",
     .code = 1, .badness = 5, .place = 4, .is_named = true,
     .cause = RetryCause::exit_code, .end = "exit #"},
    {.outcome = Outcome::timed_out, .name = "timed_out",
     .code = exit_codes::k_timed_out, .signal = k_signal_kill,
     .badness = 6, .place = 5, .is_named = true,
     .cause = RetryCause::timeout, .end = "timed out"},
    {.outcome = Outcome::oom_killed, .name = "oom_killed",
     .code = 0, .is_worth_knowing = true, .badness = 7, .place = 6, .is_named = true,
     .cause = RetryCause::oom, .end = "killed because memory ran out"},
    {.outcome = Outcome::launch_failed, .name = "launch_failed",
     .code = exit_codes::k_cannot_execute, .place = 9,
     .cause = RetryCause::launch, .never_again = "a command that cannot be executed",
     .end = "not started"},
    {.outcome = Outcome::no_tests, .name = "no_tests",
     .code = 1, .is_worth_knowing = true, .badness = 2, .place = 7, .is_named = true,
     .never_again = "no tests were found", .end = "exit #"},
    {.outcome = Outcome::skipped, .name = "skipped", .grade = Grade::skipped,
     .code = 0, .is_worth_knowing = true, .badness = 0, .place = 11,
     .cause = RetryCause::exit_code, .end = "exit #"},
    {.outcome = Outcome::lock_timeout, .name = "lock_timeout",
     .code = exit_codes::k_lock_not_had, .never_again = "its locks were not had in time"},
    {.outcome = Outcome::lock_lost, .name = "lock_lost", .never_again = "its lock was lost"},
    {.outcome = Outcome::service_unavailable, .name = "service_unavailable",
     .never_again = "a service it needs is not available"},
    {.outcome = Outcome::node_lost, .name = "node_lost",
     .cause = RetryCause::node, .end = "node lost"},
    {.outcome = Outcome::interrupted, .name = "interrupted",
     .signal = k_signal_term, .badness = 9, .place = 8, .is_named = true,
     .never_again = "it was interrupted"},
    {.outcome = Outcome::internal_error, .name = "internal_error",
     .badness = 11, .place = 10, .is_named = true,
     .never_again = "Holdfast itself failed, or refused to run it"},
    {.outcome = Outcome::not_run, .name = "not_run",
     .badness = 1, .place = 12, .never_again = "it was not run"},
    {.outcome = Outcome::unknown, .name = "unknown",
     .badness = 11, .never_again = "its outcome is unknown"},
}};
// clang-format on

constexpr const OutcomeFacts& facts_of(Outcome outcome) {
  return k_outcome_table[static_cast<std::size_t>(outcome)];
}

static_assert(
    [] {
      for (std::size_t i = 0; i < k_outcomes; ++i) {
        const OutcomeFacts& row = k_outcome_table[i];
        if (row.outcome != static_cast<Outcome>(i) || row.place >= k_outcomes) return false;
      }
      return true;
    }(),
    "each outcome has its row, in the order of the enumerators");

constexpr bool is_good(Outcome outcome) {
  return facts_of(outcome).grade == Grade::passed || facts_of(outcome).grade == Grade::skipped;
}

}  // namespace holdfast
