// A build step that is more than one plain attempt: with slots by memory, a second attempt alone,
// or signatures of failures that may pass.
#pragma once

#include <memory>
#include <string>

#include "core/settings/settings.hpp"
#include "exec/output/output_relay.hpp"
#include "settings/signatures.hpp"
#include "supervision/step/step.hpp"
#include "supervision/step/step_memory.hpp"

namespace holdfast::exec {

class StepRun final : public supervision::StepRunner {
 public:
  Result<void> prepare(const BuildStep& step, Policy& policy) override;
  supervision::AttemptResult run(const supervision::AttemptPlan& plan,
                                 supervision::Surroundings& around) override;
  std::string why_once_more(const supervision::AttemptResult& result) override;
  void come_to_the_end() override;

 private:
  Result<void> read_settings(const std::string& tree);
  unsigned units_for(const BuildStep& step) const;

  bool is_read_ = false;
  BuildStepSettings settings_;
  std::string oom_events_;
  Signatures signatures_;
  supervision::StepMemory memory_;
  std::unique_ptr<OutputRelay> output_;  // of the first attempt, held back; null: none
};

}  // namespace holdfast::exec
