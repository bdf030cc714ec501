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
#include <vector>

#include "core/retry/retry_decision.hpp"
#include "exec/batch/batch_run.hpp"
#include "exec/output/output_relay.hpp"
#include "exec/retry/aftermath.hpp"
#include "supervision/launch.hpp"

namespace holdfast::exec {

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
  supervision::AttemptResult run(const supervision::AttemptPlan& plan,
                                 supervision::Surroundings& around) override;
  bool judges_cases() const override { return is_batch_; }
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
  bool is_batch_ = false;
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
