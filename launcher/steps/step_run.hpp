// A build step that is more than one plain attempt: with slots by memory, a second attempt alone,
// or signatures of failures that may pass.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "output/output_relay.hpp"
#include "settings/settings.hpp"
#include "steps/step.hpp"

namespace holdfast::exec {

class StepRun final : public supervision::StepRunner {
 public:
  bool is_plain() const override { return false; }
  Result<void> prepare(const BuildStep& step, Policy& policy) override;
  supervision::AttemptResult run(supervision::AttemptPlan plan,
                                 supervision::Surroundings& around) override;
  StepEvidence look_into(const supervision::AttemptResult& result) override;
  void come_to_the_end() override;

 private:
  unsigned units_for(const BuildStep& step) const;

  std::optional<StepSettings> settings_;
  std::unique_ptr<OutputRelay> output_;  // of the first attempt, held back; null: none
};

}  // namespace holdfast::exec
