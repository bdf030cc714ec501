#include "core/settings/wire.hpp"

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "core/settings/kinds.hpp"

namespace holdfast::wire {
namespace {

constexpr std::string_view k_input = "input";
constexpr std::string_view k_required = "required";
constexpr std::string_view k_lock = "lock";
constexpr std::string_view k_transient = "transient";
constexpr std::string_view k_memory_kb = "memory_kb";
constexpr std::string_view k_oom_events = "oom_events";

Error unreadable(const Message& message, std::string_view key) {
  return Error{text_of({"read `", key, "` of a ", message.kind, " message"})};
}

template <typename Number>
Result<Number> number_in(const Message& message, std::string_view key) {
  const std::optional<Number> number = parse_number<Number>(message.get(key));
  if (!number) return unreadable(message, key);
  return *number;
}

Result<Milliseconds> time_in(const Message& message, std::string_view key) {
  Result<std::int64_t> count = number_in<std::int64_t>(message, key);
  if (!count) return count.error();
  return Milliseconds{*count};
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

void add_policy(Message& message, const Policy& policy) {
  const Policy built_in;
#define HOLDFAST_SETTING(id, field, Kind, ...) \
  add<kind::Kind>(message, #id, policy.field, built_in.field);
#include "core/settings/table.def"
  if (policy.needed_by_others) message.add("needed", "1");
  if (!policy.isolation) return;
  message.add("case_timeout", std::to_string(policy.case_timeout.count()));
  message.add("processors", std::to_string(policy.processors));
}

Result<void> read_policy(const Message& message, Policy& policy) {
  for (const auto& [key, text] : message.fields) {
    if (key == k_lock) {
      Result<LockSpec> lock = to_lock(text);
      if (!lock) return lock.error();
      policy.locks.push_back(std::move(*lock));
      continue;
    }
    const std::optional<Setting> setting = setting_of_id(key);
    if (!setting) continue;
    if (text.empty() && setting == Setting::environment) {
      policy.environment.clear();
    } else if (text.empty() && setting == Setting::known_flaky) {
      policy.retry.known.clear();
    } else if (!apply({*setting, Source::file, text, {}}, policy)) {
      return unreadable(message, key);
    }
  }
  policy.needed_by_others = !message.get("needed").empty();
  if (!policy.isolation) return {};
  const Result<Milliseconds> limit = time_in(message, "case_timeout");
  const Result<unsigned> processors = number_in<unsigned>(message, "processors");
  if (!limit) return limit.error();
  if (!processors) return processors.error();
  policy.case_timeout = *limit;
  policy.processors = *processors;
  return {};
}

}  // namespace

Message to_message(const AttemptRequest& request) {
  Message message(k_request);
  message.add("test", request.test);
  message.add("key", request.key);
  message.add("include", std::to_string(request.include_count));
  if (!request.word.empty()) message.add("word", request.word);
  message.add("launcher", to_text(request.launcher));
  if (!request.program.empty()) message.add("program", request.program);
  for (const std::string& path : request.inputs.named) message.add(k_input, path);
  for (const std::string& path : request.inputs.required) message.add(k_required, path);
  if (request.command_sum != 0) message.add("command_sum", std::to_string(request.command_sum));
  if (request.soonest_end != k_longest) {
    message.add("soonest_end", std::to_string(request.soonest_end.count()));
  }
  // Most tests have none of these, and what is not sent costs nothing.
#define HOLDFAST_TEXT(field, variable) \
  if (!request.facts.field.empty()) message.add(#field, request.facts.field);
#define HOLDFAST_FLAG(field, variable) \
  if (request.facts.field) message.add(#field, "1");
#define HOLDFAST_OWN_TEXT(...)
#define HOLDFAST_OWN_FLAG(...)
#include "core/settings/facts.def"
  for (const Value& value : request.said) message.add(id_of(value.setting), value.text);
  return message;
}

Result<AttemptRequest> to_request(const Message& message) {
  Result<unsigned> include_count = number_in<unsigned>(message, "include");
  Result<ProcessName> launcher = parse_process_name(message.get("launcher"));
  if (!include_count) return include_count.error();
  if (!launcher) return launcher.error();
  AttemptRequest request;
  request.test = message.get("test");
  request.key = message.get("key");
  request.include_count = *include_count;
  request.word = message.get("word");
  request.launcher = *launcher;
  request.program = message.get("program");
  if (!message.get("command_sum").empty()) {
    Result<std::uint64_t> sum = number_in<std::uint64_t>(message, "command_sum");
    if (!sum) return sum.error();
    request.command_sum = *sum;
  }
  if (!message.get("soonest_end").empty()) {
    Result<Milliseconds> soonest = time_in(message, "soonest_end");
    if (!soonest) return soonest.error();
    request.soonest_end = *soonest;
  }
#define HOLDFAST_TEXT(field, variable) request.facts.field = message.get(#field);
#define HOLDFAST_FLAG(field, variable) request.facts.field = !message.get(#field).empty();
#define HOLDFAST_OWN_TEXT(...)
#define HOLDFAST_OWN_FLAG(...)
#include "core/settings/facts.def"
  for (const auto& [field, value] : message.fields) {
    if (field == k_input) request.inputs.named.push_back(value);
    if (field == k_required) request.inputs.required.push_back(value);
    if (const std::optional<Setting> setting = setting_of_id(field)) {
      request.said.push_back({*setting, Source::property, value, {}});
    }
  }
  return request;
}

Message to_message(const AttemptGrant& grant) {
  Message message(k_grant);
  message.add("run", grant.run);
  message.add("attempt", grant.attempt);
  message.add("journal", grant.journal);
  if (!grant.scratch.empty()) message.add("scratch_path", grant.scratch);
  if (!grant.refusal.empty()) message.add("refusal", grant.refusal);
  if (!grant.shared_tmp.empty()) message.add("shared_tmp", grant.shared_tmp);
  if (grant.shares_network) message.add("shares_network", "1");
  if (grant.is_again) message.add("again", "1");
  // Above that, launchers do not log.
  if (grant.log < LogLevel::info) message.add("log", name_of(grant.log));
  if (grant.program.is_googletest) message.add("googletest", "1");
  if (!grant.program.may_lose_rights.empty()) {
    message.add("may_lose_rights", grant.program.may_lose_rights);
  }
  add_policy(message, grant.policy);
  return message;
}

Result<AttemptGrant> to_grant(const Message& message) {
  AttemptGrant grant;
  grant.run = message.get("run");
  grant.attempt = message.get("attempt");
  grant.journal = message.get("journal");
  grant.scratch = message.get("scratch_path");
  grant.refusal = message.get("refusal");
  grant.shared_tmp = message.get("shared_tmp");
  grant.shares_network = !message.get("shares_network").empty();
  grant.is_again = !message.get("again").empty();
  grant.log = named<LogLevel>(message.get("log")).value_or(LogLevel::info);
  grant.program.is_googletest = !message.get("googletest").empty();
  grant.program.may_lose_rights = message.get("may_lose_rights");
  if (message.kind != k_grant) return unreadable(message, k_grant);
  if (Result<void> read = read_policy(message, grant.policy); !read) return read.error();
  return grant;
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
    if (!setting) return unreadable(message, key);
    said.push_back({*setting, Source::file, text, {}});
  }
  return said;
}

Message to_message(const StepSettings& steps) {
  Message message(k_steps);
  for (const std::string& pattern : steps.steps.transient) message.add(k_transient, pattern);
  if (steps.steps.memory_kb) message.add(k_memory_kb, std::to_string(*steps.steps.memory_kb));
  message.add(k_oom_events, steps.oom_events);
  return message;
}

Result<StepSettings> to_step_settings(const Message& message) {
  if (message.kind != k_steps) return unreadable(message, k_steps);
  StepSettings steps;
  for (const auto& [key, text] : message.fields) {
    if (key == k_transient) steps.steps.transient.push_back(text);
  }
  if (!message.get(k_memory_kb).empty()) {
    const Result<std::uint64_t> memory = number_in<std::uint64_t>(message, k_memory_kb);
    if (!memory) return memory.error();
    steps.steps.memory_kb = *memory;
  }
  steps.oom_events = message.get(k_oom_events);
  return steps;
}

}  // namespace holdfast::wire
