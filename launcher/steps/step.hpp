// A build step: which build tool started it, and what it may need beyond what its rule says.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attempt/attempt_plan.hpp"
#include "attempt/hand_over.hpp"
#include "attempt/invocation.hpp"
#include "base/process_name.hpp"
#include "os/file/descriptors.hpp"
#include "os/memory/free_memory.hpp"
#include "values/build_step.hpp"
#include "values/outcome.hpp"

namespace holdfast::supervision {

// Finds the build tool: the ninja or make that started a build step, perhaps through a shell or
// `ctest --instrument`.
//
// It is the nearest ancestor that is not a shell, ctest or cmake. Ninja starts a shell for `: &&
// link … && :`. If one make runs another (CMake's Makefiles do that three deep), it is the
// outermost make. When the outermost make is killed, the inner ones end only because their steps
// fail.
//
// Also finds out that the tool has ended before anybody looked. Then an ancestor in another session
// has adopted the step, and the leader of the step's session is not among its ancestors. A step
// that a user starts by hand has the leader, the user's shell, above it. One case cannot be told
// from that: a first process of a container which is a shell and leads the session of its ninja.
class BuildToolSearch {
 public:
  // `session`: of the process `own`, getsid(2).
  BuildToolSearch(pid_t own, pid_t session) : session_(session), has_leader_(own == session) {}

  // Takes the ancestors, one per call, the nearest first. False: no further ancestor is wanted.
  bool take(const ProcessName& ancestor, pid_t session, std::string_view name);
  // Returns the build tool. None: no ancestor is a build tool.
  const std::optional<ProcessName>& tool() const { return tool_; }
  bool tool_has_ended() const { return is_adopted_ && !tool_; }

 private:
  pid_t session_;
  bool has_leader_;  // the leader of our session is this process or above it
  bool is_adopted_ = false;
  std::optional<ProcessName> tool_;
};

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
  virtual ~StepRunner() = default;
  virtual bool is_plain() const { return true; }
  // Called before each attempt. Adds the step's locks to those of its policy.
  virtual Result<void> prepare(const BuildStep& /*step*/, Policy& /*policy*/) { return {}; }
  virtual AttemptResult run(AttemptPlan plan, Surroundings& around);
  // Returns what may explain this failure. Called only if the rules allow another attempt.
  virtual StepEvidence look_into(const AttemptResult& result);
  // Called after the last attempt. Shows the output of that attempt that was held back.
  virtual void come_to_the_end() {}

 protected:
  StepMemory memory_;
};

// `invocation.line.step` must be set. With a plain runner, a step that is more than one plain
// attempt is handed over to holdfast-exec. That happens before the attempt if settings or slots by
// memory ask for it, else after the attempt.
Exit launch_step(Invocation invocation, HandOver handed, StepRunner& runner);

}  // namespace holdfast::supervision
