// A command of a build, for which ninja and make start `holdfast-launcher --step`.
//
// It uses the supervisor of tests, with these differences. There is no keeper. The build tool is
// watched instead of ctest. A process that called setsid(2) is left alone: otherwise a step that
// starts the daemon of sccache would end it. A step that is cut short leaves no half of a file. Its
// record is in the build journal.
#pragma once

#include <string>

#include "core/outcome/outcome.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

// `invocation.line.step` must be set. A step that is more than one plain attempt is handed over to
// `holdfast exec`: before the attempt where settings or slots by memory ask for it, or after it.
Exit launch_step(Invocation invocation);

// What `holdfast exec` adds for a step.
class StepRunner {
 public:
  // Called before each attempt. Adds the step's locks to those of its policy.
  virtual Result<void> prepare(const BuildStep& step, Policy& policy) = 0;
  virtual AttemptResult run(const AttemptPlan& plan, Surroundings& around) = 0;
  // Why the step is done once more after this failure; empty: it is not. Asked only where it may
  // be.
  virtual std::string why_once_more(const AttemptResult& result) = 0;
  // The latest attempt was the last one: shows what was kept back of its output.
  virtual void come_to_the_end() = 0;

 protected:
  ~StepRunner() = default;
};

// In `holdfast exec`: goes on with what a launcher has handed over.
Exit go_on_with_step(Invocation invocation, const os::CallersSignals& callers, StepRunner& runner);

}  // namespace holdfast::supervision
