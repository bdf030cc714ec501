// What a report says of a test: Holdfast's outcome of its last attempt and ctest's verdict in one.
#pragma once

#include "core/outcome.hpp"
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
  unknown,  // it ran, and no record says how it ended; never a success
};

inline constexpr std::size_t k_test_outcomes = 17;

// The names of design §6 and of the journal.
std::string_view name_of(TestOutcome outcome);
const std::array<TestOutcome, k_test_outcomes>& all_test_outcomes();

// What is known of a test when its outcome is decided.
struct TestEvidence {
  bool attempted = false;          // an attempt was started
  bool ended = false;              // the last one ended
  std::optional<Outcome> outcome;  // of the last one; empty: a name this version does not know
  bool ran = false;                // it ran without Holdfast (nothing said: it did not)
  std::optional<Verdict> verdict;  // ctest's
};

// The table of docs/reports.md. ctest judges what the exit code and the output mean (WILL_FAIL,
// regular expressions, skip codes); Holdfast judges how the process ended: what died of a signal,
// a timeout or one of our own failures stays that, whatever ctest's regular expressions say.
TestOutcome outcome_of(const TestEvidence& evidence);

}  // namespace holdfast
