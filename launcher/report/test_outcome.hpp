// What a report says about a test: one outcome from Holdfast's last attempt and ctest's verdict.
#pragma once

#include "journal/records.hpp"
#include "values/outcome.hpp"

#include <optional>

namespace holdfast {

// What is known of a test when its outcome is decided.
struct TestEvidence {
  bool attempted = false;          // an attempt was started
  bool ended = false;              // the last attempt has ended
  std::optional<Outcome> outcome;  // of the last attempt; empty: unknown to this version
  bool ran = false;                // it is known to have run without Holdfast
  std::optional<Verdict> verdict;  // ctest's last verdict on the test, from its log
  // ctest's verdict on the last attempt, as its launcher foresaw it. Empty: the attempt's end tells
  // the verdict.
  std::optional<Verdict> expected;
  bool running = false;   // the last attempt goes on
  bool complete = false;  // ctest came to the end of the run, so all that it started has ended
  bool doubtful = false;  // what the log says of the test may be of another, or cut short
  // The log has a later execution, or a test has printed one. `outcome` may be of one before.
  bool lacks_last = false;
};

// ctest's verdict on a test: from what we know (the test's end, WILL_FAIL, SKIP_RETURN_CODE) if
// that decides, else from ctest's own words. It is `unknown` when the test's output decides and
// ctest has not told. There is none when the test was interrupted or its end is not on record.
std::optional<Verdict> verdict_of(const TestEvidence& evidence);

// Follows the table in docs/reference/report-formats.md. ctest judges what exit code and output
// mean (WILL_FAIL, regular expressions, skip codes). Holdfast judges how the process ended: a
// signal, a timeout or our own failure stays the outcome, whatever ctest's expressions say.
Outcome outcome_of(const TestEvidence& evidence);

}  // namespace holdfast
