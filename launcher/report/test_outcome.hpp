// What a report says of a test: Holdfast's outcome of its last attempt and ctest's verdict in one.
#pragma once

#include "core/outcome/outcome.hpp"
#include "store/records.hpp"

#include <array>
#include <cstddef>
#include <optional>

namespace holdfast {

// Every test has exactly one. The last two are of no attempt: only a whole run can show them.
using TestOutcome = Outcome;

inline constexpr std::size_t k_test_outcomes = k_outcomes;

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
