#include "keeper/attempt_grants.hpp"

#include <optional>

#include "base/names.hpp"
#include "base/strings.hpp"
#include "base/text.hpp"
#include "keeper/stale_programs.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_directory.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "run/keeper_socket.hpp"
#include "settings/resolution.hpp"
#include "values/held_locks.hpp"

namespace holdfast {

TestProgram GoogletestPrograms::look_at(const std::string& path) {
  const std::optional<ProgramIdentity> seen = stat_of_program(path);
  if (!seen) return {};
  const auto [entry, is_new] = known_.try_emplace(path);
  if (is_new || entry->second.seen != *seen) entry->second = {*seen, reader_.read(path)};
  return entry->second.program;
}

namespace {

// What may hold a secret is not shown.
bool is_shown(std::string_view key) {
  return !key.starts_with("environment.") && key != "on-failure" && key != "before-kill" &&
         key != "engine-options";
}

// Where each value came from that somebody has said.
void log_values(const wire::AttemptRequest& request, const std::string& attempt,
                const ResolvedPolicy& resolved) {
  if (!os::logs(LogLevel::debug)) return;
  std::string text;
  for (const ExplainedValue& one : explain(resolved, request.facts)) {
    if (one.origin == k_built_in_origin) continue;
    text += text_of({text.empty() ? ": " : ", ", one.key});
    if (is_shown(one.key)) text += text_of({" = ", one.value});
    text += text_of({" (", one.origin, ")"});
  }
  if (text.empty()) text = ", with defaults alone";
  os::log_about(request.test, attempt, LogLevel::debug,
                {"granted to ", os::named_process(request.launcher.pid), text});
}

void resolve(const wire::AttemptRequest& request, const Result<ProjectSettings>& settings,
             Company company, RunLines& lines, wire::AttemptGrant& granted) {
  Result<ResolvedPolicy> resolved =
      settings ? settings->resolve(request.test, request.facts, request.said)
               : Result<ResolvedPolicy>(settings.error());
  if (!resolved) {
    granted.refusal = to_text(resolved.error());
    return;
  }
  for (const std::string& warning : resolved->warnings) {
    lines.say_once("\"" + brief(request.test) + "\": " + warning);
  }
  log_values(request, granted.attempt, *resolved);
  granted.policy = std::move(resolved->policy);
  if (company == Company::none) return;
  const Result<void> apart =
      add_locks(locks_that_keep_apart(request.key, request.facts.serial), granted.policy.locks);
  if (!apart) granted.refusal = to_text(apart.error());
}

// Returns the path of a directory; empty: there is none.
std::string lend_scratch(Run& run, RunLines& lines) {
  ScratchPool* const scratch = run.scratch();
  if (scratch == nullptr) return {};
  std::string lent = scratch->lend();
  if (lent.empty()) lines.say_once(scratch->trouble());
  return lent;
}

}  // namespace

void remove_locks_of(const std::set<std::string>& tests, const std::string& tree) {
  if (tests.empty()) return;
  const Result<os::UniqueFd> top = os::open_user_directory();
  if (!top) return;
  const std::string locks = std::string(names::k_user_locks_directory) + "/";
  for (const std::string& key : tests) {
    os::remove_level(*top, locks + place_of(lock_of_test(key), {{}, tree}));
  }
}

wire::AttemptGrant grant_attempt(const wire::AttemptRequest& request,
                                 const Result<ProjectSettings>& settings, Company company, Run& run,
                                 RunLines& lines) {
  wire::AttemptGrant granted;
  if (const Result<void> noted = run.note_word(request.word); !noted) {
    lines.say_once(describe_unrecorded(noted.error()));
  }
  granted.run = run.id();
  granted.attempt = run.next_attempt();
  granted.journal = run.journal();
  granted.is_again = run.begin_attempt_of(request.key);
  granted.scratch = lend_scratch(run, lines);
  granted.log = os::log_target().level;
  resolve(request, settings, company, lines, granted);
  if (granted.policy.containment.has(Boundary::netns)) run.note_own_network(request.key);
  if (granted.refusal.empty()) granted.refusal = run.refusal_of(request.test);
  return granted;
}

wire::Again answer_again(const wire::Again& question, Connection& asker, Run& run,
                         RunLines& lines) {
  const RunAnswer answer = run.retries().again(asker.key);
  if (!answer.granted) {
    os::log_about(asker.test, asker.attempt, LogLevel::info, {"not tried again: ", answer.reason});
    return {.reason = answer.reason};
  }
  if (run.scratch() != nullptr && question.is_scratch_empty) {
    run.scratch()->give_back(std::exchange(asker.scratch, {}));
  }
  asker.begin_next(run.next_attempt(), lend_scratch(run, lines));
  return {.attempt = asker.attempt, .scratch = asker.scratch};
}

void note_farewell(wire::CameOut came_out, const Connection& from, Run& run) {
  const bool has_failed = came_out == wire::CameOut::failed;
  if (has_failed || came_out == wire::CameOut::passed) {
    run.retries().came_out(from.key, has_failed);
  }
}

void MemoryWatch::note_start(Connection& connection) const {
  connection.memory = claims_.start(events_.count());
}

wire::Message MemoryWatch::answer(const wire::Message& question, const Connection& asker) {
  const Result<wire::MemoryQuestion> asked = wire::read<wire::MemoryQuestion>(question);
  if (!asked) return wire::Message(wire::k_memory);
  // The kernel's log names the victim. We ask the counter too. That claims the counter's rise, so
  // that the rise does not explain another death.
  const bool named = os::kernel_log_names_victim(asked->main, os::age_of(asker.launcher));
  const bool counted = claims_.explains_death(asker.memory, events_.count());
  return wire::to_message(wire::MemoryQuestion{.is_sure = named || counted});
}

}  // namespace holdfast
