#include "core/settings/policy.hpp"

#include <algorithm>
#include <iterator>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_none = "none";
constexpr auto k_words = words_of(Boundary{});

}  // namespace

std::string to_text(Containment containment) {
  std::string text;
  for (std::size_t i = 0; i < k_words.size(); ++i) {
    if (!containment.has(static_cast<Boundary>(i))) continue;
    if (!text.empty()) text += ',';
    text += k_words[i];
  }
  return text.empty() ? std::string(k_none) : text;
}

Result<Containment> parse_containment(std::string_view text) {
  if (text == k_none) return Containment();
  const BadValue refused{brief_in_quotes(text), containment_alternatives()};
  Containment containment;
  // A comma at the end would be no harm, but is a slip.
  if (text.empty() || text.ends_with(',')) return refused;
  while (!text.empty()) {
    const std::optional<Boundary> boundary = named<Boundary>(trimmed(take_part(text, ','), " "));
    if (!boundary) return refused;
    containment = containment.with(*boundary);
  }
  return containment;
}

std::string containment_alternatives(std::string_view quote) {
  return text_of({quote, k_none, quote, ", or some of ", enumeration(k_words, " and ", quote),
                  " with commas between"});
}

std::vector<Variable> default_environment() {
  return {{"PYTHONFAULTHANDLER", "1"},
          {"RUST_BACKTRACE", "1"},
          {"UBSAN_OPTIONS", "print_stacktrace=1"}};
}

bool may_use_idle_slots(const Policy& policy) {
  return policy.idle_slots && policy.ports == 0 &&
         std::ranges::all_of(policy.locks,
                             [](const LockSpec& lock) { return lock.mode == LockMode::shared; }) &&
         std::ranges::all_of(policy.services,
                             [](const ServiceUse& use) { return use.mode == ServiceMode::shared; });
}

Policy take_far_share(Policy& near) {
  Policy far = near;
  const auto is_far = [](const LockSpec& lock) { return is_far_scope(lock.scope); };
  std::erase_if(far.locks, [&](const LockSpec& lock) { return !is_far(lock); });
  std::erase_if(near.locks, is_far);
  near.ports = 0;
  far.engine = {};
  far.retry = {};
  far.hooks.on_failure.clear();
  far.needed_by_others = false;
  return far;
}

std::vector<Variable> hook_environment(const HookFacts& facts) {
  namespace env = environment;
  std::vector<Variable> variables;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) variables.push_back({std::string(name), value});
  };
  add(env::k_hook, facts.hook);
  add(env::k_test_name, facts.test);
  add(env::k_run_id, facts.run);
  add(env::k_attempt_id, facts.attempt_id);
  add(env::k_attempt, std::to_string(facts.attempt));
  add(env::k_tmpdir, facts.scratch);
  add(env::k_hook_output, facts.output);
  if (facts.process > 0) add(env::k_hook_pid, std::to_string(facts.process));
  if (facts.outcome) {
    add(env::k_hook_outcome, std::string(name_of(*facts.outcome)));
    if (facts.main.kind == ProcessEnd::Kind::exited) {
      add(env::k_hook_exit_code, std::to_string(facts.main.code));
    } else if (facts.main.kind == ProcessEnd::Kind::signalled) {
      add(env::k_hook_signal, std::to_string(facts.main.code));
    }
  }
  return variables;
}

}  // namespace holdfast
