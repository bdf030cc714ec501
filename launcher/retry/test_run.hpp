// Runs a test, attempt after attempt. Each attempt is judged as ctest will judge it. After a
// failure the test is tried again if its policy and the run allow that. Under ctest an attempt's
// output is captured, and held back until the attempt is known to be the last. The output of
// earlier attempts stays in their files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/records.hpp"
#include "launch/launch.hpp"
#include "values/outcome.hpp"
#include "values/policy.hpp"

namespace holdfast::exec {

// What Holdfast adds to the end of a test's output after the last attempt: which attempts there
// were, what the probes saw, and what ctest is to note.

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
                             const std::vector<Finding>& findings);

// What becomes of the output of an attempt.
enum class OutputWay : std::uint8_t {
  direct,     // we do not need the output: the test writes to our own stdout and stderr
  captured,   // captured, and passed on at once
  held_back,  // until the attempt is known to be the last
};
OutputWay way_of_output(const Policy& policy, ExitMode mode);

// Runs the attempts of a test.
std::unique_ptr<supervision::AttemptRunner> test_runner();

}  // namespace holdfast::exec
