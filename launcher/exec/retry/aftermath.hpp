// What happens when a test has failed for good: the probes, and the user's command.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/program_identity.hpp"
#include "exec/output/output_relay.hpp"
#include "forensics/probes.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/launch.hpp"

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
                             const std::vector<forensics::Finding>& findings);

// Adds the words to the output. If one of the test's regular expressions matches the words, ctest
// would judge the test by them, so the words go to people instead. They also go to people if the
// output is not captured.
void say_last_words(const std::string& words, const CTestVerdict& mirror, ExitMode mode,
                    const supervision::EndedAttempt& ended, OutputRelay* output);

class Aftermath {
 public:
  // Must be called before each attempt. Remembers how things were before the first attempt.
  void note_start(const supervision::AttemptPlan& plan);

  // A signal to end the test, or ctest's death, cuts both functions below short. They do not begin
  // after it.
  //
  // Runs the probes; takes about 2 s at most.
  std::vector<forensics::Finding> look_around(const supervision::EndedAttempt& ended);
  // Runs on-failure, if there is one; returns what it printed.
  std::optional<forensics::Finding> run_hook(const supervision::EndedAttempt& ended);

 private:
  bool is_noted_ = false;
  bool is_told_to_end_ = false;
  std::string program_;  // absolute; empty: not known
  std::optional<ProgramIdentity> before_;
  std::vector<forensics::KnownFile> inputs_;
  std::vector<std::string> environment_;  // of the latest attempt; only if a hook needs it
};

}  // namespace holdfast::exec
