// Runs a test, attempt after attempt. Each attempt is judged as ctest will judge it. After a
// failure the test is tried again if its policy and the run allow that. Under ctest an attempt's
// output is captured, and held back until the attempt is known to be the last. The output of
// earlier attempts stays in their files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "base/program_identity.hpp"
#include "batches/batch_run.hpp"
#include "forensics/probes.hpp"
#include "launch/launch.hpp"
#include "output/output_relay.hpp"
#include "retry/retry_decision.hpp"

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

// Adds the words to the output. If one of the test's regular expressions matches the words, ctest
// would judge the test by them, so the words go to people instead. They also go to people if the
// output is not captured.
void say_last_words(const std::string& words, const CTestVerdict& mirror, ExitMode mode,
                    const supervision::EndedAttempt& ended, OutputRelay* output);

// What happens when a test has failed for good: the probes, and the user's command.
class Aftermath {
 public:
  // Must be called before each attempt. Remembers how things were before the first attempt.
  void note_start(const supervision::AttemptPlan& plan);

  // A signal to end the test, or ctest's death, cuts both functions below short. They do not begin
  // after it.
  //
  // Runs the probes; takes about 2 s at most.
  std::vector<Finding> look_around(const supervision::EndedAttempt& ended);
  // Runs on-failure, if there is one; returns what it printed.
  std::optional<Finding> run_hook(const supervision::EndedAttempt& ended);

 private:
  bool is_noted_ = false;
  bool is_told_to_end_ = false;
  std::string program_;  // absolute; empty: not known
  std::optional<ProgramIdentity> before_;
  std::vector<forensics::KnownFile> inputs_;
  std::vector<std::string> environment_;  // of the latest attempt; only if a hook needs it
};

// What becomes of the output of an attempt.
enum class OutputWay : std::uint8_t {
  direct,     // we do not need the output: the test writes to our own stdout and stderr
  captured,   // captured, and passed on at once
  held_back,  // until the attempt is known to be the last
};
OutputWay way_of_output(const Policy& policy, ExitMode mode);

class TestRunner final : public supervision::AttemptRunner {
 public:
  bool is_plain() const override { return false; }
  void begin(supervision::TestAtHand& test) override;
  supervision::AttemptResult run(const supervision::AttemptPlan& plan,
                                 supervision::Surroundings& around) override;
  std::optional<supervision::NextAttempt> conclude(const supervision::EndedAttempt& ended) override;
  int wait(const supervision::NextAttempt& next, Policy& policy,
           supervision::Surroundings& around) override;

 private:
  supervision::AttemptResult run_captured_attempt(const supervision::AttemptPlan& plan,
                                                  supervision::Surroundings& around);
  AttemptResult judge(const supervision::EndedAttempt& ended) const;
  void note_lost_services(const supervision::EndedAttempt& ended);
  std::optional<std::size_t> known_flake(const supervision::EndedAttempt& ended) const;
  RetryDecision decide(const supervision::EndedAttempt& ended);
  std::optional<supervision::NextAttempt> next_attempt(const supervision::EndedAttempt& ended,
                                                       RetryDecision& decision);
  void come_to_the_end(const supervision::EndedAttempt& ended, const RetryDecision& decision);
  void note_flaky(const supervision::EndedAttempt& ended);
  void settle_log(const supervision::EndedAttempt& ended);
  void tell_timeout(const supervision::EndedAttempt& ended);
  void note_failure(const supervision::EndedAttempt& ended, const RetryDecision& decision);

  ExitMode mode_ = ExitMode::command;
  std::optional<Policy> far_;  // the policy for the node on which the test runs; none: it runs here
  std::vector<std::string> cases_left_;  // of a batch, for the next attempt; empty: all
  std::optional<CTestVerdict> mirror_;
  Aftermath aftermath_;
  std::vector<EarlierAttempt> earlier_;
  bool is_refused_ = false;              // the run has refused another attempt
  std::unique_ptr<OutputRelay> output_;  // of the latest attempt; null: it was not captured
  std::vector<AttemptResult> attempts_;  // as they were judged
  std::string first_;                    // id of the first attempt
  std::optional<Milliseconds> timeout_;  // of the policy, before it was shortened
  Milliseconds native_end_ = k_longest;
};

}  // namespace holdfast::exec
