#include "launcher/step.hpp"

#include <string>
#include <utility>

#include "core/exit_codes.hpp"
#include "core/held_locks.hpp"
#include "launcher/attempt.hpp"
#include "launcher/attempt_locks.hpp"
#include "launcher/attempt_result.hpp"
#include "launcher/build_tool.hpp"
#include "launcher/messages.hpp"
#include "launcher/step_outputs.hpp"
#include "launcher/step_record.hpp"
#include "launcher/surroundings.hpp"
#include "launcher/teller.hpp"
#include "os/process.hpp"
#include "os/system_call.hpp"

namespace holdfast::launcher {
namespace {

CommandWords words_of(char** command) {
  CommandWords words;
  for (char** word = command; *word != nullptr; ++word) words.emplace_back(*word);
  return words;
}

// What the rule does not say. CMake expands nothing in a compiler's launcher.
void complete(BuildStep& step, char** command) {
  const std::string_view path = command[0];
  step.program = path.substr(path.rfind('/') + 1);
  if (step.output.empty() && step.kind != StepKind::custom)
    step.output = output_in(words_of(command));
}

// As the bare command would end.
Exit become_command(const Invocation& invocation, const os::CallersSignals& callers) {
  const int error = os::become({invocation.command, invocation.environment}, callers);
  write_line(
      os::system_error(std::string("failed to execute ") + invocation.command[0], error).message);
  Observation seen;
  seen.main = {ProcessEnd::Kind::never_started, error};
  return exit_of(Outcome::launch_failed, seen, ExitMode::command);
}

class Step {
 public:
  Step(const Invocation& invocation, Surroundings around, os::UniqueFd lines)
      : invocation_(invocation),
        step_(*invocation.line.step),
        around_(std::move(around)),
        lines_(std::move(lines)),
        outputs_(step_, invocation.command) {}

  Exit run() {
    Result<Policy> policy = with_overrides({}, invocation_.line.overrides);
    if (!policy) return refuse(policy.error());
    grant_.policy = std::move(*policy);
    grant_.identity.test = step_.title();
    // Only who waits for a slot, or has one, is asked about.
    if (!grant_.policy.locks.empty()) grant_.identity.launcher = os::own_name();
    grant_.home.tree = step_.tree;
    const AttemptResult result = attempt_with_locks();
    if (result.is_cut_short()) outputs_.remove();
    if (!result.note.empty()) say(result);
    record_step(step_, result);
    return exit_of(result.outcome, result.observation, ExitMode::command);
  }

 private:
  static Exit refuse(const Error& error) {
    write_line(error.message);
    return {Exit::Kind::code, exit_codes::k_own_failure};
  }

  // What a custom command prints may go into a file, by `> file 2>&1`: not one byte of ours there,
  // but where it fails anyway and nobody else can be told.
  void say(const AttemptResult& result) {
    if (step_.kind != StepKind::custom) return write_line(result.note);
    if (!lines_.valid() && result.outcome == Outcome::passed) return;
    Teller(nullptr, Loudness::normal, lines_.get()).complain(result.note);
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
    // Stacks would stand in the output.
    plan.loudness = step_.kind == StepKind::custom ? Loudness::quiet : invocation_.line.loudness;
    plan.teller = &teller;
    plan.step = &step_;
    plan.outputs = &outputs_;
    AttemptResult result = run_attempt(plan, around_);
    notice_lost_locks(locks.held, step_.title(), result);
    result.lock_wait = locks.waited;
    // What a compiler has to say of its failure it has said.
    if (result.note.empty() && result.outcome != Outcome::failed) {
      result.note = note_on(result, step_.title(), invocation_.command[0], grant_.policy);
    }
    return result;
  }

  const Invocation& invocation_;
  const BuildStep& step_;
  Surroundings around_;
  os::UniqueFd lines_;
  StepOutputs outputs_;
  Grant grant_;
};

}  // namespace

Exit launch_step(Invocation invocation) {
  invocation.attach.reset();  // a ctest further up is not who started this
  const os::CallersSignals callers = os::take_signals();
  if (invocation.disabled || !os::can_watch_processes()) return become_command(invocation, callers);
  BuildStep& step = *invocation.line.step;
  const bool is_custom = step.kind == StepKind::custom;
  if (is_custom && is_cmakes_own(words_of(invocation.command))) {
    return become_command(invocation, callers);
  }
  complete(step, invocation.command);
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
    if (!invocation.line.overrides.locks.empty() || is_custom)
      lines = open_build_tools_stderr(*tool);
  }
  return Step(invocation, std::move(*around), std::move(lines)).run();
}

}  // namespace holdfast::launcher
