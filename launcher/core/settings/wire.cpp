#include "core/settings/wire.hpp"

#include "core/base/parts.hpp"
#include "core/settings/fields.hpp"
#include "core/settings/kinds.hpp"

namespace holdfast::wire {
namespace {

constexpr std::string_view k_lock = "lock";

void each_field(Any<AttemptRequest> auto& request, auto&& use) {
  use("test", request.test);
  use("key", request.key);
  use("include", request.include_count);
  use("word", request.word);
  use("launcher", request.launcher);
  use("program", request.program);
  use("input", request.inputs.named);
  use("required", request.inputs.required);
  use("command_sum", request.command_sum, 0);
  use("soonest_end", request.soonest_end, k_longest);
#define HOLDFAST_TEXT(field, variable) use(#field, request.facts.field);
#define HOLDFAST_FLAG HOLDFAST_TEXT
#define HOLDFAST_OWN_TEXT(...)
#define HOLDFAST_OWN_FLAG(...)
#include "core/settings/facts.def"
}

// What is not in the policy's rows of settings.
void each_field(Any<AttemptGrant> auto& grant, auto&& use) {
  use("run", grant.run);
  use("attempt", grant.attempt);
  use("journal", grant.journal);
  use("scratch_path", grant.scratch);
  use("refusal", grant.refusal);
  use("shared_tmp", grant.shared_tmp);
  use("shares_network", grant.shares_network);
  use("again", grant.is_again);
  use("log", grant.log, LogLevel::info);
  use("googletest", grant.program.is_googletest);
  use("may_lose_rights", grant.program.may_lose_rights);
  use("needed", grant.policy.needed_by_others);
  if (!grant.policy.isolation) return;
  use("case_timeout", grant.policy.case_timeout);
  use("processors", grant.policy.processors);
}

void each_field(Any<StepSettings> auto& steps, auto&& use) {
  use("transient", steps.steps.transient);
  use("memory_kb", steps.steps.memory_kb);
  use("oom_events", steps.oom_events);
}

// `memory:shared@user=NAME`: the name comes last because a RESOURCE_LOCK may have any character in
// it.
std::string to_field(const LockSpec& lock) {
  LockSpec nameless = lock;
  nameless.name = k_memory_name;  // it may have any mode
  return text_of({to_text(nameless), "=", lock.name});
}

Result<LockSpec> to_lock(std::string_view field) {
  if (field.find('=') == std::string_view::npos) return Error{"read a lock without a name"};
  Result<LockSpec> lock = parse_lock_spec(take_part(field, '='));
  if (lock) lock->name = field;
  return lock;
}

// The built-in value is not sent, and so costs nothing.
template <typename Kind, typename Field>
void add(Message& message, std::string_view id, const Field& field, const Field& built_in) {
  if (field == built_in) return;
  if constexpr (requires { Kind::print(field); }) {
    message.add(id, Kind::print(field));
  } else if constexpr (requires { Kind::each(field, [](const std::string&) {}); }) {
    // The empty text clears the built-in values.
    message.add(id, "");
    Kind::each(field, [&](const std::string& text) { message.add(id, text); });
  } else {
    for (const auto& lock : field) message.add(k_lock, to_field(lock));
  }
}

void add_settings(Message& message, const Policy& policy) {
  const Policy built_in;
#define HOLDFAST_SETTING(id, field, Kind, ...) \
  add<kind::Kind>(message, #id, policy.field, built_in.field);
#include "core/settings/table.def"
}

Result<void> read_settings(const Message& message, Policy& policy) {
  for (const auto& [key, text] : message.fields) {
    if (key == k_lock) {
      HOLDFAST_TRY(LockSpec lock, to_lock(text));
      policy.locks.push_back(std::move(lock));
      continue;
    }
    const std::optional<Setting> setting = setting_of_id(key);
    if (!setting) continue;
    if (text.empty() && setting == Setting::environment) {
      policy.environment.clear();
    } else if (text.empty() && setting == Setting::known_flaky) {
      policy.retry.known.clear();
    } else if (!apply({*setting, Source::file, text, {}}, policy)) {
      return not_understood(key, message);
    }
  }
  return {};
}

}  // namespace

Message to_message(const AttemptRequest& request) {
  Message message(k_request);
  each_field(request, ToMessage(message));
  for (const Value& value : request.said) message.add(id_of(value.setting), value.text);
  return message;
}

Result<AttemptRequest> to_request(const Message& message) {
  AttemptRequest request;
  FromMessage read(message);
  each_field(request, read);
  read.needs("include");
  read.needs("launcher");
  for (const auto& [key, text] : message.fields) {
    if (const std::optional<Setting> setting = setting_of_id(key)) {
      request.said.push_back({*setting, Source::property, text, {}});
    }
  }
  return read.give(k_request, std::move(request));
}

Message to_message(const AttemptGrant& grant) {
  Message message(k_grant);
  each_field(grant, ToMessage(message));
  add_settings(message, grant.policy);
  return message;
}

Result<AttemptGrant> to_grant(const Message& message) {
  AttemptGrant grant;
  HOLDFAST_DO(read_settings(message, grant.policy));
  FromMessage read(message);
  each_field(grant, read);
  if (grant.policy.isolation) {
    read.needs("case_timeout");
    read.needs("processors");
  }
  return read.give(k_grant, std::move(grant));
}

std::string to_text(const AttemptWait& wait) {
  if (wait.names.empty()) return {};
  return text_of({name_of(wait.what), "\n", wait.names, "\n", wait.why});
}

AttemptWait to_wait(std::string_view text) {
  AttemptWait wait;
  wait.what = named<WaitFor>(take_part(text, '\n')).value_or(WaitFor::lock);
  wait.names = take_part(text, '\n');
  wait.why = text;
  return wait;
}

std::string subject_of(const AttemptWait& wait) {
  if (wait.what == WaitFor::lock) return "lock " + wait.names;
  if (wait.what == WaitFor::step) return "its step on Slurm";
  return (wait.names.find(',') == std::string::npos ? "service " : "services ") + wait.names;
}

Message to_message(const Values& said) {
  Message message(k_settings);
  for (const Value& value : said) message.add(id_of(value.setting), value.text);
  return message;
}

Result<Values> to_values(const Message& message) {
  Values said;
  for (const auto& [key, text] : message.fields) {
    const std::optional<Setting> setting = setting_of_id(key);
    if (!setting) return not_understood(key, message);
    said.push_back({*setting, Source::file, text, {}});
  }
  return said;
}

Message to_message(const StepSettings& steps) {
  Message message(k_steps);
  each_field(steps, ToMessage(message));
  return message;
}

Result<StepSettings> to_step_settings(const Message& message) {
  StepSettings steps;
  FromMessage read(message);
  each_field(steps, read);
  return read.give(k_steps, std::move(steps));
}

}  // namespace holdfast::wire
