#include "exec/retry/aftermath.hpp"

#include <algorithm>

#include "core/base/parts.hpp"
#include "core/lock/run_alone.hpp"
#include "exec/base/answer.hpp"
#include "exec/base/variables.hpp"
#include "forensics/hooks.hpp"
#include "os/file/file_text.hpp"
#include "os/file/program_identity.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::exec {
namespace {

constexpr std::string_view k_prefix = "holdfast: ";

void tell_lines(std::string_view words, supervision::Teller teller) {
  while (!words.empty()) {
    const std::string_view line = take_part(words, '\n');
    if (line.starts_with(k_prefix)) teller.tell(line.substr(k_prefix.size()));
  }
}

// Returns the directory of the project's sources; for a command, its working directory.
std::string sources_of(const supervision::EndedAttempt& ended) {
  if (!ended.grant.home.tree.empty()) {
    if (auto source = os::source_of_tree(ended.grant.home.tree)) return std::move(*source);
  }
  return os::working_directory();
}

// Returns the places of the locks that somebody asked for. A lock that every test of a project has
// (core/lock/run_alone.hpp) is left out, because it explains nothing.
std::vector<std::string> lock_places_of(const supervision::Grant& grant) {
  std::vector<std::string> places;
  for (const LockSpec& lock : grant.policy.locks) {
    if (lock.name != k_retry_alone_lock) places.push_back(place_of(lock, grant.home));
  }
  return places;
}

}  // namespace

std::string words_on_flaky(std::size_t attempts) {
  return "<CTestLabel>flaky</CTestLabel>\n"
         "<CTestMeasurement type=\"numeric/integer\" name=\"holdfast.attempts\">" +
         std::to_string(attempts) + "</CTestMeasurement>\n";
}

std::string words_on_failure(std::string_view end, std::string_view reason,
                             const std::vector<EarlierAttempt>& earlier,
                             const std::vector<forensics::Finding>& findings) {
  if (earlier.empty() && findings.empty()) return {};
  std::string text = std::string(k_prefix) + std::string(end);
  text += (reason.empty() ? "" : ", ") + std::string(reason) + "\n";
  for (const EarlierAttempt& attempt : earlier) {
    text += std::string(k_prefix) + "  attempt " + std::to_string(attempt.n) + ": " + attempt.how;
    text += (attempt.log.empty() ? "" : ", its output: " + attempt.log) + "\n";
  }
  return text + forensics::to_text(findings);
}

void say_last_words(const std::string& words, const CTestVerdict& mirror, ExitMode mode,
                    const supervision::EndedAttempt& ended, OutputRelay* output) {
  if (words.empty()) return;
  if (output == nullptr) return tell_lines(words, ended.teller);
  const std::string last = output->text(1);
  const std::string text = (last.empty() || last == "\n" ? "" : "\n") + words;
  if (is_same_with(mirror, ended.result, mode, *output, text)) {
    output->write(Stream::output, text);
  } else {
    tell_lines(words, ended.teller);
  }
}

void Aftermath::note_start(const supervision::AttemptPlan& plan) {
  environment_.clear();
  if (!plan.policy.hooks.on_failure.empty()) environment_ = entries_of(plan.command.environment);
  if (is_noted_ || !plan.policy.retry.may_retry()) return;
  is_noted_ = true;
  const TestInputs inputs = supervision::inputs_of(plan.command.arguments, plan.required_files);
  for (const auto& paths : {inputs.named, inputs.required}) {
    for (const std::string& path : paths) inputs_.push_back({path, os::known_program(path)});
  }
  const std::string name = plan.command.arguments[0];
  if (name.empty() || name[0] != '/') return;
  program_ = name;
  before_ = os::known_program(name);
}

std::vector<forensics::Finding> Aftermath::look_around(const supervision::EndedAttempt& ended) {
  // Nobody looks around on another node.
  const bool is_here = ended.result.node.empty();
  const std::vector<std::string> locks =
      is_here ? lock_places_of(ended.grant) : std::vector<std::string>();
  const forensics::Probes probes({program_, before_, sources_of(ended), locks, inputs_, is_here});
  is_told_to_end_ = await_unless_told_to_end(ended.around, probes.works()) != 0;
  std::vector<forensics::Finding> findings = probes.findings();
  if (!ended.result.service_states.empty()) {
    findings.push_back({"services", false, ended.result.service_states});
  }
  return findings;
}

std::optional<forensics::Finding> Aftermath::run_hook(const supervision::EndedAttempt& ended) {
  const std::string& command = ended.grant.policy.hooks.on_failure;
  if (command.empty() || is_told_to_end_) return std::nullopt;
  forensics::HookFacts facts;
  facts.hook = "on-failure";
  facts.test = ended.grant.identity.test;
  facts.run = ended.grant.run;
  facts.attempt_id = ended.grant.identity.attempt;
  facts.attempt = ended.grant.identity.n;
  facts.outcome = ended.result.outcome;
  facts.main = ended.result.observation.main;
  facts.scratch = ended.result.scratch;
  facts.output = ended.result.log;
  const Milliseconds time = forensics::k_on_failure_time;
  os::BoundedWork work(forensics::hook_order(command, facts, environment_, time));
  if (await_unless_told_to_end(ended.around, {&work}) != 0) {
    return forensics::Finding{facts.hook, true, "ended with the test"};
  }
  return forensics::hook_finding(facts.hook, work.end(), time);
}

}  // namespace holdfast::exec
