// What Holdfast concludes of an attempt, and how the launcher then ends.
//
// One pure function and one table lead from observation to outcome to exit.
// docs/reference/outcomes.md is the page for users; tests/unit/values/outcome_test.cpp has every
// row. ctest stays the judge of the verdict: nothing here applies WILL_FAIL or regular expressions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/exit_codes.hpp"
#include "base/text.hpp"

namespace holdfast {

// Every outcome, with all that follows from the outcome alone. A new outcome needs an enumerator
// and a row. What depends on more is in exit_of(), never_again() and describe_end(), which look
// here first. docs/reference/outcomes.md is the table for people.

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
constexpr auto words_of(RetryCause) {
  return word_list("exit:", "signal:", "crash", "timeout", "launch", "oom", "node", "any",
                   "service");
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

// Which programs can lose rights that they had when they started: by becoming another user, by
// changing their root or their mounts, by limiting themselves. Such a program may not be able to
// leave a file that we ask it for, although it has done nothing wrong.
//
// A program can do so only by a function of the C library, which it or one of its own libraries
// imports by name. What the compiler and the C library bring along does not count: it imports such
// functions for purposes of its own (libstdc++ waits by syscall(2)).

// Whether a function of that name can take rights from the process that calls it.
bool takes_rights_away(std::string_view function);

// Whether a library of that file name belongs to the compiler or the C library: `libm.so.6`.
bool is_of_toolchain(std::string_view library);

// The names of signals: sigabbrev_np(3) with `SIG` before it, as in signal(7).

// `SIGSEGV`; for a signal without a name `signal 40`.
std::string signal_name(int signal);

// `signal 11 (SIGSEGV)`; for a signal without a name `signal 40`.
std::string signal_text(int signal);

// The number of `SIGSEGV`. Real-time signals have no names.
std::optional<int> signal_named(std::string_view name);

// Who sent a signal. `terminal`: the kernel, for Ctrl-C and the like; it reaches the whole
// foreground process group, the test included. `process`: kill(2) by a process outside the tree.
// The signal reached us and perhaps our process group; the guard knows which processes have got it.
// `tree`: a process of the tree, which signalled its own group (`kill 0`) or us.
enum class SignalSource : std::uint8_t { process, terminal, tree };

std::string_view name_of(Outcome outcome);
std::string label(Outcome outcome);  // `timed out` for timed_out
// Finds only outcomes that an attempt can have.
std::optional<Outcome> outcome_named(std::string_view name);

// How the test's main process ended, if it ever started.
struct ProcessEnd {
  enum class Kind : std::uint8_t { never_started, exited, signalled };
  Kind kind = Kind::never_started;
  int code = 0;  // exited: 0..255; signalled: the signal; never_started: errno of exec, or 0

  bool exited_with(int wanted) const { return kind == Kind::exited && code == wanted; }
  bool died_of(int wanted) const { return kind == Kind::signalled && code == wanted; }
  std::optional<int> exit_code() const {
    return kind == Kind::exited ? std::optional(code) : std::nullopt;
  }
  std::optional<int> signal() const {
    return kind == Kind::signalled ? std::optional(code) : std::nullopt;
  }
};

// For a main process that never started: whether its command does not exist.
bool is_missing(const ProcessEnd& main);

// Why the launcher ended the process tree, if it did. The first reason stays.
enum class EndReason : std::uint8_t {
  none,         // the test ended by itself
  timeout,      // its time was over
  signal,       // somebody sent the launcher TERM, INT, HUP or QUIT
  parent_gone,  // ctest or ninja died
  lock_lost,    // the lease of its locks over machines was not renewed in time
};

// For the log: "because its time is over".
constexpr std::string_view because(EndReason reason) {
  constexpr std::array<std::string_view, 5> k_words{
      "its main process has ended", "its time is over", "of the signal",
      "ctest or the build tool has ended", "its lock is lost"};
  return k_words.at(static_cast<std::size_t>(reason));
}

// What becomes of a test that selected nothing to run: a filter that matches no case.
enum class NoTests : std::uint8_t {
  keep,  // ends with the test's own exit code, as plain ctest would judge it
  pass,
  fail,
  skip,  // with the test's SKIP_RETURN_CODE; a pass if it has none
};

constexpr auto words_of(NoTests) { return word_list("keep", "pass", "fail", "skip"); }

// What becomes of a GoogleTest program that exits with 0 before its cases are through.
enum class PrematureExit : std::uint8_t {
  fail,    // premature_exit
  report,  // its own verdict, and a note
  ignore,  // its own verdict; it is not asked whether they are through
};

constexpr auto words_of(PrematureExit) { return word_list("fail", "report", "ignore"); }

// Everything that the outcome depends on.
struct Observation {
  ProcessEnd main = {};
  EndReason end_reason = EndReason::none;
  int end_signal = 0;            // with EndReason::signal
  bool lock_not_had = false;     // the wait for the lock reached its time limit
  bool service_not_had = false;  // a service that it needs is unavailable
  bool lock_refused = false;     // the lock can never be taken (bad directory, bad spec …)
  bool lock_lost = false;        // a lock's file was removed, or a lease ended, under the test
  bool own_failure = false;      // Holdfast could not do its part
  bool node_lost = false;        // the node on which it ran, or was to run, was lost
  bool leaked = false;           // processes were left after the main process ended
  bool leak_fails = false;       // on-leak is `fail`
  bool marked = false;           // the main process left its marker (values/marker.hpp)
  bool unfinished = false;       // the test is a GoogleTest program that ended before its tests did
  bool ran_nothing = false;      // the test reported that it selected nothing to run
  NoTests no_tests = NoTests::keep;
  bool out_of_memory = false;         // evidence of a kill by the kernel (values/outcome.hpp)
  std::optional<int> skip_code = {};  // SKIP_RETURN_CODE
  bool flaky_fails = false;           // a pass after a failure must not count as a pass
};

Outcome outcome_of(const Observation& observation);

// How the launcher ends itself.
struct Exit {
  enum class Kind : std::uint8_t { code, signal };
  Kind kind = Kind::code;
  int value = 0;
  friend bool operator==(const Exit&, const Exit&) = default;
};

// Under ctest a property can turn an exit code green (WILL_FAIL inverts it, SKIP_RETURN_CODE skips
// it), but not a death by signal. So there an end that is not the test's own is a signal.
enum class ExitMode : std::uint8_t { ctest, command };

Exit exit_of(Outcome outcome, const Observation& observation, ExitMode mode);

// ctest's verdict on a test, found without the test's output.

// ctest's verdict on an attempt with that outcome, if no property changes it. Empty: a setting
// decides (no_tests), or ctest may have died before it gave a verdict (interrupted).
std::string_view usual_verdict(Outcome outcome);

// `passed` or `failed` for a test that was not skipped; empty: an expression decides. `properties`
// is in the form that parse_verdict_properties() reads.
std::string_view verdict_by_end(std::string_view properties, const Exit& end);

// What a launcher knows when its attempt is over.
struct EndedTest {
  Outcome outcome = Outcome::passed;
  Exit end;                      // of the launcher
  std::optional<int> skip_code;  // SKIP_RETURN_CODE
  // `output` if an expression is set, `will-fail` if WILL_FAIL is.
  std::string_view judged;
  // If the test may be tried again: its properties, as above, and the verdict found with them.
  std::string_view properties = {};
  std::string_view mirrored = {};
};

// The verdict of ctest for the record: `passed`, `failed`, `skipped`, or `unknown` if an expression
// decides and nobody has looked for it. Empty: the verdict follows from the outcome, or ctest may
// have given none.
std::string_view verdict_on_record(const EndedTest& test);

// Whether the kernel killed a test because memory ran out. A death by SIGKILL alone proves nothing:
// an administrator, a container's manager or a script may have sent it. docs/reference/outcomes.md.

// How many processes the kernel has killed in a cgroup: the line `oom_kill N` of memory.events
// (version 2) or memory.oom_control (version 1). None: the text has no such line.
std::optional<std::uint64_t> oom_kills_in(std::string_view text);

// Whether a line of the kernel's log says that the kernel killed this process: `Out of memory:
// Killed process 17 (name) …`, `Memory cgroup out of memory: Killed process 17 (name) …`.
bool names_oom_victim(std::string_view line, int pid);

// Takes the counter of a whole run's cgroup as evidence for one test. If an attempt dies of SIGKILL
// and the counter rose during the attempt, the rise explains this death and no other. The kernel
// may in fact have killed a helper process of another test: docs/reference/outcomes.md.
class OomClaims {
 public:
  struct Start {
    // The counter when the attempt began; none: there is no counter.
    std::optional<std::uint64_t> kills;
    std::uint64_t claims = 0;  // how many deaths had been explained by then
  };

  // Call this when an attempt begins.
  Start start(std::optional<std::uint64_t> kills) const { return {kills, claims_}; }

  // Call this when that attempt died of a SIGKILL that nobody we know of sent.
  bool explains_death(const Start& start, std::optional<std::uint64_t> kills);

 private:
  std::uint64_t claims_ = 0;
};

}  // namespace holdfast
