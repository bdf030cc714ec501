// What a report says of a test: Holdfast's outcome of its last attempt and ctest's verdict in one.
#pragma once

#include "core/outcome/outcome.hpp"
#include "store/records.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast {

// Every test has exactly one. All of Outcome, and the two that only a whole run can show.
enum class TestOutcome : std::uint8_t {
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
  interrupted,
  internal_error,
  not_run,  // ctest knew it and did not start it: disabled, no program, a fixture failed
  unknown,  // it ran, and nobody knows what ctest concluded or how it ended; never a success
};

inline constexpr std::size_t k_test_outcomes = 17;

// The names in reports and in the journal.
std::string_view name_of(TestOutcome outcome);
const std::array<TestOutcome, k_test_outcomes>& all_test_outcomes();

// What is known of a test when its outcome is decided.
struct TestEvidence {
  bool attempted = false;          // an attempt was started
  bool ended = false;              // the last one ended
  std::optional<Outcome> outcome;  // of the last one; empty: a name this version does not know
  bool ran = false;                // it ran without Holdfast (nothing said: it did not)
  std::optional<Verdict> verdict;  // ctest's, of the last time it ran the test: its log says so
  // What ctest had to say of the last attempt, as its launcher knew; none: what its end says.
  std::optional<Verdict> expected;
  bool running = false;   // the last one is going on
  bool complete = false;  // ctest came to the end of the run: all it started has ended
};

// What ctest concluded of a test, from its own words where there are any, else from what we know
// ourselves: its end, WILL_FAIL, SKIP_RETURN_CODE. `unknown` where the test's output decides and
// ctest has told nobody; nothing of a test that was interrupted or whose end is not on record.
std::optional<Verdict> verdict_of(const TestEvidence& evidence);

// The table of docs/reference/report-formats.md. ctest judges what the exit code and the output
// mean (WILL_FAIL, regular expressions, skip codes); Holdfast judges how the process ended: what
// died of a signal, a timeout or one of our own failures stays that, whatever ctest's regular
// expressions say.
TestOutcome outcome_of(const TestEvidence& evidence);

}  // namespace holdfast
