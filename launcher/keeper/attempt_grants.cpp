#include "keeper/attempt_grants.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "journal/records.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/program_identity.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_directory.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "settings/resolution.hpp"
#include "values/held_locks.hpp"

namespace holdfast {
std::optional<ProgramIdentity> stat_of_program(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return ProgramIdentity{0, info.st_ino, static_cast<std::uint64_t>(info.st_size),
                         info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec};
}

void StalePrograms::look(Point point, Connection& connection, const std::string& journal) {
  look_at(connection.program, "program", point, connection, journal);
  const TestInputs& inputs = connection.inputs;
  for (const std::string& path : inputs.required) {
    look_at(path, "input " + path, point, connection, journal);
  }
  for (const std::string& path : inputs.named) {
    const Named named = &path == &inputs.named.front() ? Named::first : Named::later;
    // A known file was found to be an input earlier, even if it is gone now.
    if (known_.contains(path) || is_input(path, named, ::access(path.c_str(), X_OK) == 0, place_)) {
      look_at(path, "input " + path, point, connection, journal);
    }
  }
}

std::string StalePrograms::fingerprint(const Connection& connection) {
  if (connection.is_stale) return {};
  const auto own = known_.find(connection.program);
  if (own == known_.end()) return {};
  std::optional<bool>& has_run_path = own->second.has_run_path;
  if (!has_run_path) {
    const std::optional<os::ElfLinks> links = os::elf_links(connection.program);
    has_run_path = links && !links->run_paths.empty();
  }
  // It may have libraries of its own, and these may have changed.
  if (*has_run_path) return {};
  Fnv1a hash;
  hash.add(std::to_string(connection.command_sum)).end();
  const auto add = [&](const std::string& path) {
    const auto known = known_.find(path);
    if (known == known_.end() || !known->second.identity) return false;
    const ProgramIdentity& file = *known->second.identity;
    // A build that makes the same program anew changes its time, and not its build-id.
    hash.add(file.build_id.empty() ? fmt::format("{} {}", file.size, file.modified_ns)
                                   : file.build_id)
        .end();
    return true;
  };
  if (!add(connection.program)) return {};
  bool has_own = is_path_below(connection.program, place_.sources) ||
                 is_path_below(connection.program, place_.tree);
  for (const std::string& path : connection.inputs.required) has_own = add(path) || has_own;
  for (const std::string& path : connection.inputs.named) has_own = add(path) || has_own;
  // `sh -c "…"` starts who knows what.
  return has_own ? fmt::format("{:016x}", hash.value()) : std::string();
}

void StalePrograms::look_at(const std::string& path, const std::string& what, Point point,
                            Connection& connection, const std::string& journal) {
  if (path.empty() || connection.is_stale) return;
  const std::optional<ProgramIdentity> seen = stat_of_program(path);
  const auto known = known_.find(path);
  if (known == known_.end()) {
    // A file that does not exist yet (a fixture may build it) becomes known when it exists.
    if (seen) known_[path] = {*seen, os::known_program(path)};
    return;
  }
  if (seen == known->second.seen) return;
  const std::optional<ProgramIdentity> now = os::known_program(path);
  // If the file had changed by the start of the attempt, that was recorded at the start.
  const std::optional<ProgramIdentity>& first = known->second.identity;
  const std::string why = staleness(what, first, point == Point::start ? now : first, now);
  if (why.empty()) return;
  connection.is_stale = true;
  const Stale stale{os::unix_now(), connection.attempt, connection.test, connection.key, path, why};
  (void)os::append_line(journal, line_of(stale));
}

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
  for (const ExplainedValue& one : explain(resolved, request.properties)) {
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
      settings ? settings->resolve(request.test, request.properties, request.said)
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
  const Result<void> apart = add_locks(
      locks_that_keep_apart(request.key, request.properties.serial), granted.policy.locks);
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
  if (const std::string refusal = run.retries().again(asker.key); !refusal.empty()) {
    os::log_about(asker.test, asker.attempt, LogLevel::info, {"not tried again: ", refusal});
    return {.reason = refusal};
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
  if (!asked) return wire::Message(wire::MemoryQuestion::k_kind);
  // The kernel's log names the victim. We ask the counter too. That claims the counter's rise, so
  // that the rise does not explain another death.
  const bool named = os::kernel_log_names_victim(asked->main, os::age_of(asker.launcher));
  const bool counted = claims_.explains_death(asker.memory, events_.count());
  return wire::to_message(wire::MemoryQuestion{.is_sure = named || counted});
}

}  // namespace holdfast
