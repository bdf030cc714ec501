// What Holdfast concludes of an attempt, and how the launcher then ends.
//
// One pure function and one table lead from observation to outcome to exit.
// docs/reference/outcomes.md is the page for users; tests/unit/values/outcome_test.cpp has every
// row. ctest stays the judge of the verdict: nothing here applies WILL_FAIL or regular expressions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/enum_names.hpp"
#include "values/outcome_table.hpp"

namespace holdfast {

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

constexpr std::array<std::string_view, 4> words_of(NoTests) {
  return {"keep", "pass", "fail", "skip"};
}

// What becomes of a GoogleTest program that exits with 0 before its cases are through.
enum class PrematureExit : std::uint8_t {
  fail,    // premature_exit
  report,  // its own verdict, and a note
  ignore,  // its own verdict; it is not asked whether they are through
};

constexpr std::array<std::string_view, 3> words_of(PrematureExit) {
  return {"fail", "report", "ignore"};
}

// Everything that the outcome depends on.
struct Observation {
  ProcessEnd main;
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
  bool out_of_memory = false;    // evidence of a kill by the kernel (values/explained_ends.hpp)
  std::optional<int> skip_code;  // SKIP_RETURN_CODE
  bool flaky_fails = false;      // a pass after a failure must not count as a pass
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

}  // namespace holdfast
