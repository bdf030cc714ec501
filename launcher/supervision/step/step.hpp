// A command of a build, for which ninja and make start `holdfast-launcher --step`.
//
// It uses the supervisor of tests, with these differences. There is no keeper. The build tool is
// watched instead of ctest. A process that called setsid(2) is left alone: otherwise a step that
// starts the daemon of sccache would end it. A step that is cut short leaves no half-written file.
// Its record is in the build journal.
#pragma once

#include <string>

#include "core/outcome/outcome.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/grant/hand_over.hpp"
#include "supervision/step/step_memory.hpp"

namespace holdfast::supervision {

// Runs a step. This base class is the launcher's runner: it runs one plain attempt, and knows only
// whether memory ran out.
class StepRunner {
 public:
  virtual bool is_plain() const { return true; }
  // Called before each attempt. Adds the step's locks to those of its policy.
  virtual Result<void> prepare(const BuildStep& /*step*/, Policy& /*policy*/) { return {}; }
  virtual AttemptResult run(AttemptPlan plan, Surroundings& around);
  // Returns why the step is done once more after this failure; empty: it is not. Called only if the
  // rules allow another attempt.
  virtual std::string why_once_more(const AttemptResult& result);
  // Called after the last attempt. Shows the output of that attempt that was held back.
  virtual void come_to_the_end() {}

 protected:
  ~StepRunner() = default;

  StepMemory memory_;
};

// `invocation.line.step` must be set. `handed`: as for launch(). With a plain runner, a step that
// is more than one plain attempt is handed over to holdfast-exec. That happens before the attempt
// if settings or slots by memory ask for it, else after the attempt.
Exit launch_step(Invocation invocation, HandedOver* handed, StepRunner& runner);

}  // namespace holdfast::supervision
