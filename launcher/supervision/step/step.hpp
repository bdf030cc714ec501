// A command of a build: what `holdfast-launcher --step` is started for by ninja and make.
//
// The same supervisor as a test's. What differs: no keeper; who is watched is the build tool; what
// has called setsid(2) is left alone (a step that started the daemon of sccache would end it); a
// step that is cut short leaves no half of a file behind; its record is in the build journal.
#pragma once

#include <string>

#include "core/outcome/outcome.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

// `invocation.line.step` is set. A step that is more than one plain attempt is handed over to
// `holdfast exec`: before it, where settings or slots by memory ask for it, or after it.
Exit launch_step(Invocation invocation);

// What `holdfast exec` does beside that.
class StepRunner {
 public:
  // Before each attempt: what locks it is to have is added to those of its policy.
  virtual Result<void> prepare(const BuildStep& step, Policy& policy) = 0;
  virtual AttemptResult run(const AttemptPlan& plan, Surroundings& around) = 0;
  // Of a failure for which it is asked: why the step is done once more; empty: it is not.
  virtual std::string why_once_more(const AttemptResult& result) = 0;
  // How the latest attempt ended is how the step ends: what was kept back of it is shown.
  virtual void come_to_the_end() = 0;

 protected:
  ~StepRunner() = default;
};

// In `holdfast exec`, of what a launcher has handed over.
Exit go_on_with_step(Invocation invocation, const os::CallersSignals& callers, StepRunner& runner);

}  // namespace holdfast::supervision
