// Runs a batch once and without a hook: all that the launcher of batches does besides supervision.
#pragma once

#include <memory>
#include <optional>

#include "exec/batch/batch_run.hpp"
#include "exec/output/output_relay.hpp"
#include "supervision/launch.hpp"

namespace holdfast::exec {

class BatchRunner final : public supervision::AttemptRunner {
 public:
  supervision::AttemptResult run(const supervision::AttemptPlan& plan,
                                 supervision::Surroundings& around) override;
  bool judges_cases() const override { return true; }
  std::optional<supervision::NextAttempt> conclude(const supervision::EndedAttempt& ended) override;
  int wait(const supervision::NextAttempt& /*next*/, Policy& /*policy*/,
           supervision::Surroundings& /*around*/) override {
    return 0;
  }

 private:
  BatchRest rest_;
  std::unique_ptr<OutputRelay> output_;
};

}  // namespace holdfast::exec
