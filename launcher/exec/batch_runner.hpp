// A test that is a batch and is run once, with no command of the user's: all that the launcher of
// batches does besides supervising.
#pragma once

#include <memory>
#include <optional>

#include "exec/batch_run.hpp"
#include "exec/output_relay.hpp"
#include "supervision/launch.hpp"

namespace holdfast::exec {

class BatchRunner final : public launcher::AttemptRunner {
 public:
  launcher::AttemptResult run(const launcher::AttemptPlan& plan,
                              launcher::Surroundings& around) override;
  bool judges_cases() const override { return true; }
  std::optional<launcher::NextAttempt> conclude(const launcher::EndedAttempt& ended) override;
  int wait(const launcher::NextAttempt& /*next*/, Policy& /*policy*/,
           launcher::Surroundings& /*around*/) override {
    return 0;
  }

 private:
  BatchRest rest_;
  std::unique_ptr<OutputRelay> output_;
};

}  // namespace holdfast::exec
