// What is said at the end of a test's output when its last attempt is over: which attempts there
// were, what was seen around it, what ctest is to note of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exec/output/output_relay.hpp"
#include "exec/retry/attempt_judge.hpp"
#include "forensics/findings.hpp"
#include "supervision/launch.hpp"

namespace holdfast::exec {

// One that is not the last.
struct EarlierAttempt {
  unsigned n = 1;
  std::string how;  // `exit 4`
  std::string log;  // the file with its output; empty: it is not kept
};

// For ctest of 3.22 or newer, from the output of a test that passed in the end: a label and a
// measurement (ctest(1), "Additional Labels", "Additional Test Measurements").
std::string words_on_flaky(std::size_t attempts);

// Of a test that has failed for good: lines that each begin with `holdfast: `. Empty where there is
// nothing to say.
std::string words_on_failure(std::string_view end, std::string_view reason,
                             const std::vector<EarlierAttempt>& earlier,
                             const std::vector<forensics::Finding>& findings);

// Adds them to the output. Not where ctest would judge the test by them (an expression that is
// found in them): then they are said beside it, as they are to a person without a captured output.
void say_last_words(const std::string& words, const AttemptJudge& judge, ExitMode mode,
                    const supervision::EndedAttempt& ended, OutputRelay* output);

}  // namespace holdfast::exec
