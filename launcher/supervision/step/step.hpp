// What a build step is and may need, beyond what its rule says explicitly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/outcome/outcome.hpp"
#include "core/step/build_step.hpp"
#include "os/memory/free_memory.hpp"
#include "supervision/attempt/attempt_plan.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/grant/hand_over.hpp"

namespace holdfast::supervision {

// Adds what only the step's command says (CMake expands nothing in a compiler's launcher). Then
// adds the slots that the step takes because of its output: a lock, or slots by memory.
// `invocation.line.step` must be set; to be called once.
void complete_step(Invocation& invocation);

// Returns the scope of the memory slots that a step takes: the machine if it has slots for us, else
// the user.
LockScope scope_of_memory_slots();

// True: the project's holdfast.toml may have settings for the step. Never true for a custom step.
bool has_settings(const BuildStep& step);

// Finds out whether the kernel killed something because memory ran out while a step ran. The
// counter covers all that is in our cgroup: it says that memory ran out, not for whom.
//
// The counter is read twice, the first time only when a step has run for a while. A step that uses
// up memory takes longer than that, so most steps of a build pay nothing.
class StepMemory final : public Companion {
 public:
  StepMemory();

  // Reads the counter now; `path` as for OomEvents::open().
  void begin(const std::string& path);

  // True: memory ran out while the step ran. To be called if the step has failed by itself.
  bool ran_out(const AttemptResult& result) const;

  // The functions of a companion. When it is time, on_deadline() calls begin().
  Milliseconds deadline() override { return begins_at_; }
  Verdict on_deadline() override;

 private:
  Milliseconds started_;
  Milliseconds begins_at_;
  os::OomEvents events_;
  std::optional<std::uint64_t> before_;
};

// A command of a build, for which ninja and make start `holdfast-launcher --step`.
//
// It uses the supervisor of tests, with these differences. There is no keeper. The build tool is
// watched instead of ctest. A process that called setsid(2) is left alone: otherwise a step that
// starts the daemon of sccache would end it. A step that is cut short leaves no half-written file.
// Its record is in the build journal.

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

// `invocation.line.step` must be set. With a plain runner, a step that is more than one plain
// attempt is handed over to holdfast-exec. That happens before the attempt if settings or slots by
// memory ask for it, else after the attempt.
Exit launch_step(Invocation invocation, HandOver handed, StepRunner& runner);

}  // namespace holdfast::supervision
