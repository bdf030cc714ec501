// What Holdfast adds to the end of a test's output after the last attempt: which attempts there
// were, what the probes saw, and what ctest is to note.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "exec/output/output_relay.hpp"
#include "exec/output/verdict_mirror.hpp"
#include "forensics/findings.hpp"
#include "supervision/launch.hpp"

namespace holdfast::exec {

// An attempt that is not the last.
struct EarlierAttempt {
  unsigned n = 1;
  std::string how;  // `exit 4`
  std::string log;  // the file with its output; empty: none was kept
};

// Returns a label and a measurement for a test that passed in the end. ctest 3.22 and later reads
// them in the output (ctest(1), "Additional Labels", "Additional Test Measurements").
std::string words_on_flaky(std::size_t attempts);

// Returns lines for a test that has failed for good. Each begins with `holdfast: `. Empty: nothing
// to say.
std::string words_on_failure(std::string_view end, std::string_view reason,
                             const std::vector<EarlierAttempt>& earlier,
                             const std::vector<forensics::Finding>& findings);

// Adds the words to the output. If one of the test's regular expressions matches the words, ctest
// would judge the test by them, so the words go to people instead. They also go to people if the
// output is not captured.
void say_last_words(const std::string& words, const VerdictMirror& mirror, ExitMode mode,
                    const supervision::EndedAttempt& ended, OutputRelay* output);

}  // namespace holdfast::exec
