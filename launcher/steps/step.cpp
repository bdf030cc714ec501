#include "steps/step.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <algorithm>

#include "attempt/messages.hpp"
#include "attempt/records.hpp"
#include "attempt/step_files.hpp"
#include "attempt/unwatched.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "locks/lock_need.hpp"
#include "os/file/clock.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {
namespace {

// True: `name` is the name of a shell, a ctest (`ctest --instrument`, `ctest --launch`) or a cmake
// (`cmake -E cmake_link_script` of a Makefile, `cmake --build` of a project inside). None of these
// ends with the build tool.
bool stands_between(std::string_view name) {
  constexpr std::string_view k_names[] = {"sh",  "dash",    "bash",  "ksh",
                                          "zsh", "busybox", "ctest", "cmake"};
  return contains(k_names, name);
}

bool is_make(std::string_view name) { return name == "make" || name == "gmake"; }

// Returns the scope `machine` if root has made the machine's directory and this lock, else `user`.
// Steps of root make the lock. Anybody can make a directory in /var/lock, so a directory of another
// user is ignored.
LockScope scope_of_slots(LockSpec lock) {
  const std::string top(names::k_machine_directory);
  struct stat info {};
  if (::lstat(top.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != 0) {
    return LockScope::user;
  }
  if (::geteuid() == 0) return LockScope::machine;
  lock.scope = LockScope::machine;
  const std::string path = top + "/" + std::string(names::k_user_locks_directory) + "/" +
                           place_of(lock, {}) + "/" + std::string(names::k_lock_file);
  return ::access(path.c_str(), R_OK | W_OK) == 0 ? LockScope::machine : LockScope::user;
}

constexpr Milliseconds k_a_while{100};

Exit refuse(const Error& error) {
  write_line(to_text(error));
  return {Exit::Kind::code, exit_codes::k_own_failure};
}

class Step {
 public:
  Step(TestAtHand test, StepRunner& runner)
      : test_(std::move(test)),
        invocation_(test_.invocation),
        step_(*invocation_.line.step),
        around_(test_.around),
        held_(test_.held),
        grant_(test_.grant),
        outputs_(step_, invocation_.command),
        runner_(runner) {}

  Exit run() {
    grant_.identity.test = step_.title();
    grant_.home.tree = step_.tree;
    if (runner_.is_plain() && is_for_exec() && !around_.parent_gone)
      return refuse(hand_over_step());
    AttemptResult result = attempt();
    if (const std::string why = why_once_more(result); !why.empty()) {
      write_line("\"" + step_.title() + "\" " + why + ": retried alone");
      step_.earlier = add_up(result, why);
      if (runner_.is_plain()) {
        // We get here only if handing over fails; then the step ends as its attempt did.
        write_line("not retried: " + to_text(hand_over_step()));
        step_.earlier = {};
      } else {
        result = attempt();
      }
    }
    runner_.come_to_the_end();
    if (!result.note.empty()) say(result);
    record_step(step_, result);
    // The signal tells the build tool that the step was interrupted and has not failed.
    const bool interrupted = result.outcome == Outcome::interrupted;
    return exit_of(result.outcome, result.observation,
                   interrupted ? ExitMode::ctest : ExitMode::command);
  }

 private:
  // A custom command's output may go into a file, by `> file 2>&1`. So we write nothing there,
  // unless the command fails anyway and there is nobody else to tell.
  void say(const AttemptResult& result) {
    if (step_.kind != StepKind::custom) return write_line(result.note);
    if (!held_.lines.valid() && result.outcome == Outcome::passed) return;
    Teller(nullptr, Loudness::normal, held_.lines.get()).complain(result.note);
  }

  // No setting for steps applies to custom commands.
  bool is_for_exec() const { return step_.memory_slots || has_settings(step_); }

  AttemptResult attempt() {
    Result<Policy> policy = with_options({}, invocation_.line.options);
    if (!policy) return refused(to_text(policy.error()));
    grant_.policy = std::move(*policy);
    if (Result<void> ready = runner_.prepare(step_, grant_.policy); !ready) {
      return refused(to_text(ready.error()));
    }
    // Others ask only about steps that wait for a slot or have one.
    if (!grant_.policy.locks.empty()) grant_.identity.launcher = os::own_name();
    AttemptResult result = locked_attempt();
    if (result.is_cut_short()) outputs_.remove();
    return result;
  }

  std::string why_once_more(const AttemptResult& result) const {
    if (!may_be_done_once_more(step_, result.observation)) return {};
    return holdfast::why_once_more(result.observation, runner_.look_into(result));
  }

  static EarlierAttempts add_up(const AttemptResult& result, const std::string& why) {
    return {.count = 1,
            .wall_us = result.wall_us,
            .user_us = result.report.user_us,
            .system_us = result.report.system_us,
            .max_rss_kb = result.report.max_rss_kb,
            .waited_ms = result.lock_wait.count(),
            .why = why};
  }

  // Returns only on failure.
  Error hand_over_step() {
    held_.build_tool = std::move(around_.parent);
    held_.earlier = step_.earlier;
    outputs_.go_there();
    Error error = hand_over(invocation_, held_);
    around_.parent = std::move(held_.build_tool);
    return error;
  }

  AttemptResult locked_attempt() {
    if (around_.parent_gone) {
      return not_begun("the build tool had ended before the step began", SIGTERM);
    }
    std::optional<AttemptResult> why_not = locks_.acquire(test_);
    AttemptResult result = why_not ? std::move(*why_not) : attempt_with_locks();
    result.lock_wait = test_.lock_wait;
    return result;
  }

  AttemptResult attempt_with_locks() {
    Need* const needs[] = {&locks_};
    Teller teller = test_.teller();
    AttemptPlan plan;
    plan.test = &test_;
    plan.needs = needs;
    plan.command = {invocation_.command, invocation_.environment};
    plan.policy = grant_.policy;
    plan.identity = &grant_.identity;
    // Stacks would get into the command's output.
    plan.loudness = step_.kind == StepKind::custom ? Loudness::quiet : invocation_.line.loudness;
    plan.teller = &teller;
    plan.is_plain = runner_.is_plain();
    plan.step = &step_;
    plan.outputs = &outputs_;
    AttemptResult result = runner_.run(std::move(plan), around_);
    locks_.judge(test_, result);
    locks_.let_go();
    // A compiler has explained its failure itself.
    if (result.note.empty() && result.outcome != Outcome::failed) {
      result.note =
          note_on(result, step_.title(), invocation_.command[0], grant_.policy, "the build tool");
    }
    return result;
  }

  TestAtHand test_;
  Invocation& invocation_;
  BuildStep& step_;
  Surroundings& around_;
  HandOver& held_;
  Grant& grant_;
  StepOutputs outputs_;
  StepRunner& runner_;
  LockNeed locks_;
};

// Finds the build tool among our ancestors.
BuildToolSearch find_build_tool() {
  BuildToolSearch search(::getpid(), ::getsid(0));
  os::walk_up(::getppid(), [&](pid_t pid, const os::ProcessStat& stat) {
    return search.take({pid, stat.start}, ::getsid(pid), stat.name);
  });
  return search;
}

// Opens the tool's stderr. A step can say there what it waits for, because the step's own output is
// shown only when the step is over. Writing never blocks. Invalid: it cannot be opened.
os::UniqueFd open_build_tools_stderr(const ProcessName& tool) {
  const std::string path = os::in_proc(tool.pid, "fd/2");
  return os::UniqueFd(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// Watches the build tool in place of our parent. Returns the descriptor for lines to the user (the
// tool's stderr); invalid: there is none.
os::UniqueFd watch_build_tool(const Invocation& invocation, Surroundings& around) {
  const BuildStep& step = *invocation.line.step;
  const BuildToolSearch search = find_build_tool();
  around.parent_gone = search.tool_has_ended();
  const std::optional<ProcessName>& tool = search.tool();
  if (!tool) return {};
  Result<os::UniqueFd> watched =
      tool->pid == ::getppid() ? os::watch_parent(tool->pid) : os::watch_process(*tool);
  // A tool that lives and cannot be watched (too few descriptors) does not stop the step.
  around.parent_gone = !watched && !os::is_alive(*tool);
  if (watched) around.parent = std::move(*watched);
  const bool may_wait = !invocation.line.options.locks.empty() || step.memory_slots;
  return may_wait || step.kind == StepKind::custom ? open_build_tools_stderr(*tool)
                                                   : os::UniqueFd();
}

// True: the command runs without supervision.
bool is_exempt(const Invocation& invocation) {
  return invocation.disabled || !os::trouble_with_watching().empty() ||
         (invocation.line.step->kind == StepKind::custom &&
          is_cmakes_own(words_of(invocation.command)));
}

}  // namespace

bool BuildToolSearch::take(const ProcessName& ancestor, pid_t session, std::string_view name) {
  if (session != session_) {
    is_adopted_ = !has_leader_;
    return false;
  }
  if (ancestor.pid == 1) return false;
  has_leader_ = has_leader_ || ancestor.pid == session;
  if (stands_between(name)) return true;
  const bool may_have_another_above = is_make(name);
  if (!tool_ || may_have_another_above) tool_ = ancestor;
  return may_have_another_above;
}

LockScope scope_of_memory_slots() { return scope_of_slots(memory_lock(1, LockScope::user)); }

void complete_step(Invocation& invocation) {
  BuildStep& step = *invocation.line.step;
  step.program = last_part_of(invocation.command[0]);
  if (step.kind == StepKind::compile) {
    const std::string_view scanned = scanned_into(words_of(invocation.command));
    if (!scanned.empty()) {
      step.kind = StepKind::scan;
      step.output = scanned;
      invocation.line.slots.clear();  // slots are for steps that take memory and time
    }
  }
  if (step.output.empty() && step.kind != StepKind::custom) {
    step.output = output_in(words_of(invocation.command));
  }
  std::vector<LockSpec>& locks = invocation.line.options.locks;
  if (const StepSlots* slots = slots_for(step.output, invocation.line.slots); slots != nullptr) {
    if (slots->count == 0) {
      step.memory_slots = scope_of_memory_slots();
    } else {
      locks.push_back(lock_of(step.kind, *slots));
    }
  }
  for (LockSpec& lock : locks) {
    if (lock.mode == LockMode::counted && lock.scope == LockScope::user) {
      lock.scope = scope_of_slots(lock);
    }
  }
}

bool has_settings(const BuildStep& step) {
  if (step.tree.empty() || step.kind == StepKind::custom) return false;
  const std::string path = step.tree + "/" + std::string(names::k_build_has_settings);
  return ::access(path.c_str(), F_OK) == 0;
}

StepMemory::StepMemory() : started_(os::monotonic_now()), begins_at_(started_ + k_a_while) {}

void StepMemory::begin(const std::string& path) {
  begins_at_ = k_longest;
  events_ = os::OomEvents::open(path);
  before_ = events_.count();
}

Companion::Verdict StepMemory::on_deadline() {
  begin({});
  return Verdict::go_on;
}

bool StepMemory::ran_out(const AttemptResult& result) const {
  // A counter that cannot be read any more is less than any number.
  if (before_ && events_.count() > before_) return true;
  return result.observation.main.died_of(SIGKILL) &&
         os::kernel_log_names_victim(result.report.main, os::monotonic_now() - started_);
}

AttemptResult StepRunner::run(AttemptPlan plan, Surroundings& around) {
  if (plan.step->kind != StepKind::custom) plan.companion = &memory_;
  return run_attempt(plan, around);
}

StepEvidence StepRunner::look_into(const AttemptResult& result) {
  return {.out_of_memory = memory_.ran_out(result)};
}

Exit launch_step(Invocation invocation, HandOver handed, StepRunner& runner) {
  invocation.attach.reset();  // a ctest further up did not start this step
  const bool is_first = !handed.callers;
  if (is_first) handed.callers = os::take_signals();
  if (is_first && is_exempt(invocation))
    return become_command(invocation, invocation.environment, *handed.callers);
  complete_step(invocation);
  Result<Surroundings> around = look_around(invocation, *handed.callers);
  if (!around) return refuse(around.error());
  if (is_first) {
    handed.lines = watch_build_tool(invocation, *around);
  } else {
    around->parent = std::move(handed.build_tool);
    invocation.line.step->earlier = std::move(handed.earlier);
  }
  TestAtHand test{std::move(invocation), std::move(*around), std::move(handed), {}, {}};
  return Step(std::move(test), runner).run();
}

}  // namespace holdfast::supervision
