#include "steps/step_run.hpp"

#include <optional>
#include <string>

#include "attempt/answer.hpp"
#include "base/names.hpp"
#include "os/file/own_files.hpp"
#include "os/lock/lock_survey.hpp"
#include "output/output_relay.hpp"
#include "settings/settings.hpp"

namespace holdfast::exec {
namespace {

// Twice the size to which a build journal grows.
constexpr std::size_t k_largest_journal = 32UL * 1024 * 1024;

std::optional<std::uint64_t> past_peak_of(const BuildStep& step) {
  const std::string path = step.tree + "/" + std::string(names::k_build_journal);
  for (const std::string& journal : {path, path + std::string(names::k_older_suffix)}) {
    const Result<std::string> text = os::read_own(journal, k_largest_journal);
    if (!text) continue;
    if (const auto peak = past_peak_kb(*text, step)) return peak;
  }
  return std::nullopt;
}

// Returns the free memory plus what the holders of slots already use, because their units count
// that too.
std::uint64_t budget_kb(LockScope scope) {
  std::vector<ProcessName> holders;
  for (const os::SurveyedLock& lock : os::survey_all_locks(os::Strangers::leave_out).locks) {
    if (lock.scope != scope || lock.name != k_memory_lock) continue;
    for (const LockParty& holder : lock.holders) holders.push_back(holder.process);
  }
  const std::optional<std::uint64_t> free = os::available_memory_kb();
  // If the free memory is not known, every step runs by itself.
  return free ? *free + os::memory_in_use_kb(holders) : 0;
}

class StepRun final : public supervision::StepRunner {
 public:
  bool is_plain() const override { return false; }

  Result<void> prepare(const BuildStep& step, Policy& policy) override {
    if (!settings_) {
      HOLDFAST_TRY(settings_, step_settings(step.tree));
    }
    if (step.earlier.count > 0) {
      output_.reset();  // that of an attempt that does not count is not shown
      make_alone(policy.locks, supervision::scope_of_memory_slots());
      return {};
    }
    if (!step.memory_slots) return {};
    policy.locks.push_back(memory_lock(units_for(step), *step.memory_slots));
    HOLDFAST_TRY(policy.locks, canonical_locks(std::move(policy.locks)));
    return {};
  }

  supervision::AttemptResult run(supervision::AttemptPlan plan,
                                 supervision::Surroundings& around) override {
    const bool may_be_another =
        plan.step->kind != StepKind::custom && plan.step->earlier.count == 0;
    if (may_be_another) memory_.begin(settings_->oom_events);
    if (!may_be_another || settings_->transient.empty()) return run_attempt(plan, around);
    output_ = std::make_unique<OutputRelay>(std::string(), OutputRelay::Passing::when_released);
    return run_captured(plan, around, *output_);
  }

  StepEvidence look_into(const supervision::AttemptResult& result) override {
    StepEvidence evidence = StepRunner::look_into(result);
    if (!output_) return evidence;
    const std::string text = output_->text(k_most_searched_output);
    const auto found = first_found(settings_->transient, text);
    if (!found) supervision::write_line("ignoring `transient`: " + to_text(found.error()));
    if (found && *found) evidence.signature = settings_->transient[**found];
    return evidence;
  }

  void come_to_the_end() override {
    if (output_) output_->release();
  }

 private:
  unsigned units_for(const BuildStep& step) const {
    const std::uint64_t budget =
        settings_->memory_kb ? *settings_->memory_kb : budget_kb(*step.memory_slots);
    return memory_units(past_peak_of(step).value_or(k_unknown_peak_kb), budget);
  }

  std::optional<wire::StepSettings> settings_;
  std::unique_ptr<OutputRelay> output_;  // of the first attempt, held back; null: none
};

}  // namespace

std::unique_ptr<supervision::StepRunner> step_run() { return std::make_unique<StepRun>(); }

}  // namespace holdfast::exec
