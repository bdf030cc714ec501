#include "supervision/step/step.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "core/lock/held_locks.hpp"
#include "core/outcome/exit_codes.hpp"
#include "core/step/step_retry.hpp"
#include "os/file/system_call.hpp"
#include "os/process/execution_error.hpp"
#include "os/process/proc_numbers.hpp"
#include "os/process/process.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/attempt/attempt_result.hpp"
#include "supervision/base/build_tool.hpp"
#include "supervision/base/messages.hpp"
#include "supervision/base/step_outputs.hpp"
#include "supervision/base/step_record.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/grant/hand_over.hpp"
#include "supervision/locks/attempt_locks.hpp"
#include "supervision/step/step_description.hpp"
#include "supervision/step/step_memory.hpp"

namespace holdfast::supervision {
namespace {

// Ends as the bare command would end.
Exit become_command(const Invocation& invocation, const os::CallersSignals& callers) {
  const int error = os::become({invocation.command, invocation.environment}, callers);
  write_line(os::execution_error(invocation.command[0], error));
  Observation seen;
  seen.main = {ProcessEnd::Kind::never_started, error};
  return exit_of(Outcome::launch_failed, seen, ExitMode::command);
}

void keep_over_exec(int fd, bool keep) {
  if (fd >= 0) (void)::fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

class Step {
 public:
  Step(Invocation& invocation, Surroundings around, os::UniqueFd lines, StepRunner* runner)
      : invocation_(invocation),
        step_(*invocation.line.step),
        around_(std::move(around)),
        lines_(std::move(lines)),
        outputs_(step_, invocation.command),
        runner_(runner) {}

  Exit run() {
    grant_.identity.test = step_.title();
    grant_.home.tree = step_.tree;
    if (runner_ == nullptr && is_for_exec()) {
      return refuse({"failed to " + hand_over_step({}).message});
    }
    AttemptResult result = attempt();
    if (const std::string why = why_once_more(result); !why.empty()) {
      write_line("\"" + step_.title() + "\" " + why + ": once more, alone");
      const EarlierAttempts earlier = add_up(result, why);
      if (runner_ == nullptr) {
        // We get here only if handing over fails; then the step ends as its attempt did.
        write_line("ignoring that it is to be done once more: failed to " +
                   hand_over_step(earlier).message);
      } else {
        step_.handed->earlier = earlier;
        result = attempt();
      }
    }
    if (runner_ != nullptr) runner_->come_to_the_end();
    if (!result.note.empty()) say(result);
    record_step(step_, result);
    // A build tool sees by the signal that a step was interrupted and has not failed.
    const bool interrupted = result.outcome == Outcome::interrupted;
    return exit_of(result.outcome, result.observation,
                   interrupted ? ExitMode::ctest : ExitMode::command);
  }

 private:
  static Exit refuse(const Error& error) {
    write_line(error.message);
    return {Exit::Kind::code, exit_codes::k_own_failure};
  }

  // A custom command's output may go into a file, by `> file 2>&1`. So we write nothing there,
  // unless the command fails anyway and there is nobody else to tell.
  void say(const AttemptResult& result) {
    if (step_.kind != StepKind::custom) return write_line(result.note);
    if (!lines_.valid() && result.outcome == Outcome::passed) return;
    Teller(nullptr, Loudness::normal, lines_.get()).complain(result.note);
  }

  // No setting for steps applies to custom commands.
  bool is_for_exec() const { return step_.memory_slots || has_settings(step_); }

  AttemptResult attempt() {
    Result<Policy> policy = with_options({}, invocation_.line.options);
    if (!policy) return refused(policy.error().message);
    grant_.policy = std::move(*policy);
    if (runner_ != nullptr) {
      if (Result<void> ready = runner_->prepare(step_, grant_.policy); !ready) {
        return refused(ready.error().message);
      }
    }
    // Others ask only about steps that wait for a slot or have one.
    if (!grant_.policy.locks.empty()) grant_.identity.launcher = os::own_name();
    AttemptResult result = attempt_with_locks();
    if (result.is_cut_short()) outputs_.remove();
    return result;
  }

  std::string why_once_more(const AttemptResult& result) const {
    if (!may_be_done_once_more(step_, result.observation)) return {};
    if (runner_ != nullptr) return runner_->why_once_more(result);
    StepEvidence evidence;
    evidence.out_of_memory = memory_.ran_out(result);
    return holdfast::why_once_more(result.observation, evidence);
  }

  static EarlierAttempts add_up(const AttemptResult& result, const std::string& why) {
    EarlierAttempts earlier;
    earlier.count = 1;
    earlier.wall_us = result.wall_us;
    earlier.user_us = result.report.user_us;
    earlier.system_us = result.report.system_us;
    earlier.max_rss_kb = result.report.max_rss_kb;
    earlier.waited_ms = result.lock_wait.count();
    earlier.why = why;
    return earlier;
  }

  // Returns only on failure. `holdfast exec` inherits the descriptor of the build tool: if it
  // looked for the tool again, it could find another process.
  Error hand_over_step(const EarlierAttempts& earlier) {
    const StepHandOver handed{around_.parent.get(), lines_.get(), earlier};
    outputs_.go_there();
    keep_over_exec(handed.parent, true);
    keep_over_exec(handed.lines, true);
    Error error =
        hand_over(invocation_, grant_, {}, around_.callers, "--handed-over=" + to_text(handed));
    keep_over_exec(handed.parent, false);
    keep_over_exec(handed.lines, false);
    return error;
  }

  AttemptResult attempt_with_locks() {
    HeldLocks above(invocation_.held);
    KeeperLink none;
    Teller teller(nullptr, invocation_.line.loudness, lines_.get());
    TakenLocks locks = take_attempts_locks(grant_, above, around_, none, teller);
    if (locks.end != TakenLocks::End::had) return without_locks(locks, step_.title());
    AttemptPlan plan;
    plan.command = {invocation_.command, invocation_.environment};
    plan.policy = grant_.policy;
    plan.identity = &grant_.identity;
    plan.locks = &locks.held;
    // Stacks would end up in the output.
    plan.loudness = step_.kind == StepKind::custom ? Loudness::quiet : invocation_.line.loudness;
    plan.teller = &teller;
    plan.keeps_directory = runner_ != nullptr;
    plan.step = &step_;
    plan.outputs = &outputs_;
    if (runner_ == nullptr && step_.kind != StepKind::custom) plan.companion = &memory_;
    AttemptResult result =
        runner_ != nullptr ? runner_->run(plan, around_) : run_attempt(plan, around_);
    notice_lost_locks(locks.held, step_.title(), result);
    result.lock_wait = locks.waited;
    // A compiler has explained its failure itself.
    if (result.note.empty() && result.outcome != Outcome::failed) {
      result.note =
          note_on(result, step_.title(), invocation_.command[0], grant_.policy, "the build tool");
    }
    return result;
  }

  Invocation& invocation_;
  BuildStep& step_;
  Surroundings around_;
  os::UniqueFd lines_;
  StepOutputs outputs_;
  StepMemory memory_;
  StepRunner* runner_;  // null: this is the launcher, with one plain attempt
  Grant grant_;
};

}  // namespace

Exit launch_step(Invocation invocation) {
  invocation.attach.reset();  // a ctest further up is not who started this
  const os::CallersSignals callers = os::take_signals();
  if (invocation.disabled || !os::trouble_with_watching().empty()) {
    return become_command(invocation, callers);
  }
  BuildStep& step = *invocation.line.step;
  const bool is_custom = step.kind == StepKind::custom;
  if (is_custom && is_cmakes_own(words_of(invocation.command))) {
    return become_command(invocation, callers);
  }
  complete_step(invocation);
  Result<Surroundings> around = look_around(invocation, callers);
  if (!around) {
    write_line("failed to " + around.error().message);
    return {Exit::Kind::code, exit_codes::k_own_failure};
  }
  os::UniqueFd lines;
  if (const Result<BuildTool> tool = find_build_tool()) {
    Result<os::UniqueFd> watched =
        tool->is_parent ? os::watch_parent(tool->process.pid) : os::watch_process(tool->process);
    if (watched) around->parent = std::move(*watched);
    if (watched && tool->is_parent) around->parent_pid = tool->process.pid;
    const bool may_wait = !invocation.line.options.locks.empty() || step.memory_slots;
    if (may_wait || is_custom) lines = open_build_tools_stderr(*tool);
  }
  return Step(invocation, std::move(*around), std::move(lines), nullptr).run();
}

Exit go_on_with_step(Invocation invocation, const os::CallersSignals& callers, StepRunner& runner) {
  invocation.attach.reset();
  complete_step(invocation);
  const std::optional<StepHandOver>& handed = invocation.line.step->handed;
  Result<Surroundings> around = look_around(invocation, callers);
  if (!around || !handed) {
    write_line("failed to " + (around ? "go on with a step" : around.error().message));
    return {Exit::Kind::code, exit_codes::k_own_failure};
  }
  keep_over_exec(handed->parent, false);
  keep_over_exec(handed->lines, false);
  around->parent = os::UniqueFd(handed->parent);
  return Step(invocation, std::move(*around), os::UniqueFd(handed->lines), &runner).run();
}

}  // namespace holdfast::supervision
