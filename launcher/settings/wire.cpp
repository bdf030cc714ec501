#include "settings/wire.hpp"

#include <algorithm>
#include <type_traits>

#include "values/kinds.hpp"

namespace holdfast {

void each_field(wire::Any<Value> auto& value, auto&& use) {
  use("setting", value.setting, wire::k_needed);
  use("text", value.text);
}

}  // namespace holdfast

namespace holdfast::wire {

constexpr std::string_view k_policy = "policy";
constexpr std::string_view k_lock_list = "lock_list";  // no setting has this name

void each_field(Any<AttemptRequest> auto& request, auto&& use) {
  use("test", request.test);
  use("key", request.key);
  use("include", request.include_count, k_needed);
  use("word", request.word);
  use("launcher", request.launcher, k_needed);
  use("program", request.program);
  use("input", request.inputs.named);
  use("required", request.inputs.required);
  use("command_sum", request.command_sum, 0);
  use("soonest_end", request.soonest_end, k_longest);
#define HOLDFAST_TEXT(field, variable) use(#field, request.properties.field);
#define HOLDFAST_FLAG HOLDFAST_TEXT
#define HOLDFAST_OWN_TEXT(...)
#define HOLDFAST_OWN_FLAG(...)
#include "values/test_properties.def"
  use("said", request.said, k_counted);
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
  use("case_timeout", grant.policy.case_timeout, k_needed);
  use("processors", grant.policy.processors, k_needed);
}

namespace {

// The built-in value is not sent, and so costs nothing.
template <typename Kind, typename Field>
void add(Message& message, std::string_view id, const Field& field, const Field& built_in) {
  if (field == built_in) return;
  if constexpr (std::is_same_v<Kind, kind::Locks>) {
    return;  // they are counted
  } else if constexpr (requires { Kind::print(field); }) {
    message.add(id, Kind::print(field));
  } else {
    // The empty text clears the built-in values.
    message.add(id, "");
    for (const auto& one : field) message.add(id, Kind::print(one));
  }
}

std::string packed_policy(const Policy& policy) {
  Message message;
  const ToMessage write(message);
  write(k_lock_list, policy.locks, k_counted);
  const Policy built_in;
#define HOLDFAST_SETTING(id, field, Kind, ...) \
  add<kind::Kind>(message, #id, policy.field, built_in.field);
#include "values/table.def"
  return packed(message.fields);
}

// A setting that is not known is refused: it may be what keeps tests apart.
Result<void> read_policy(const Message& message, Policy& policy) {
  FromMessage read(message);
  std::vector<LockSpec> locks;
  read(k_lock_list, locks, k_counted);
  HOLDFAST_TRY(policy.locks, read.give(k_policy, std::move(locks)));
  for (const auto& [key, text] : message.fields) {
    if (key == k_lock_list) continue;
    const std::optional<Setting> setting = named<Setting>(key);
    if (text.empty() && setting == Setting::environment) {
      policy.environment.clear();
    } else if (text.empty() && setting == Setting::known_flaky) {
      policy.retry.known.clear();
    } else if (!setting || !is_of_tests(*setting) ||
               !apply({*setting, Source::file, text, {}}, policy)) {
      return not_understood(key, message);
    }
  }
  return {};
}

bool are_of_tests(const Values& said) {
  return std::ranges::all_of(said, [](const Value& value) { return is_of_tests(value.setting); });
}

}  // namespace

Message to_message(const AttemptRequest& request) { return written(k_request, request); }

Result<AttemptRequest> to_request(const Message& message) {
  HOLDFAST_TRY(AttemptRequest request, read_as<AttemptRequest>(k_request, message));
  if (!are_of_tests(request.said)) return not_understood("said", message);
  for (Value& value : request.said) value.source = Source::property;
  return request;
}

Message to_message(const AttemptGrant& grant) {
  Message message = written(k_grant, grant);
  message.add(k_policy, packed_policy(grant.policy));
  return message;
}

Result<AttemptGrant> to_grant(const Message& message) {
  AttemptGrant grant;
  if (message.kind != k_grant) return not_understood("kind", message);
  std::optional<Message::Fields> policy = unpacked(message.get(k_policy));
  if (!policy) return not_understood(k_policy, message);
  HOLDFAST_DO(read_policy(Message(k_policy, std::move(*policy)), grant.policy));
  FromMessage read(message);
  each_field(grant, read);
  return read.give(k_grant, std::move(grant));
}

std::string subject_of(const AttemptWait& wait) {
  if (wait.what == WaitFor::lock) return "lock " + wait.names;
  if (wait.what == WaitFor::step) return "its step on Slurm";
  return (wait.names.find(',') == std::string::npos ? "service " : "services ") + wait.names;
}

Message to_message(const Values& said) {
  Message message(k_settings);
  const ToMessage write(message);
  write("said", said, k_counted);
  return message;
}

Result<Values> to_values(const Message& message) {
  Values said;
  FromMessage read(message);
  read("said", said, k_counted);
  if (!are_of_tests(said)) read.refuse("said");
  return read.give(k_settings, std::move(said));
}

}  // namespace holdfast::wire
