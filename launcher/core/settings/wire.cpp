#include "core/settings/wire.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

#include "core/settings/wire_retry.hpp"

namespace holdfast::wire {
namespace {

constexpr std::string_view k_input = "input";
constexpr std::string_view k_required = "required";

template <typename Number>
Result<Number> number_in(const Message& message, std::string_view key) {
  const std::string_view text = message.get(key);
  Number value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) {
    return Error{"read `" + std::string(key) + "` of a " + message.kind + " message"};
  }
  return value;
}

Result<Milliseconds> time_in(const Message& message, std::string_view key) {
  Result<std::int64_t> count = number_in<std::int64_t>(message, key);
  if (!count) return count.error();
  return Milliseconds{*count};
}

// What hardly any grant differs in: what is not sent costs nothing.
void add_if_not_default(Message& message, const Policy& policy) {
  const Policy usual;
  if (policy.containment != usual.containment) {
    message.add("containment", name_of(policy.containment));
  }
  if (policy.scratch != usual.scratch) message.add("scratch", name_of(policy.scratch));
  if (policy.no_tests != usual.no_tests) message.add("no_tests", name_of(policy.no_tests));
  if (policy.isolation) {
    message.add("isolation", name_of(*policy.isolation));
    message.add("case_timeout", std::to_string(policy.case_timeout.count()));
    message.add("processors", std::to_string(policy.processors));
  }
  if (policy.environment == usual.environment) return;
  message.add("environment", "own");
  for (const Variable& variable : policy.environment) {
    message.add("variable", variable.name + "=" + variable.value);
  }
}

Result<void> read_if_not_default(const Message& message, Policy& policy) {
  if (const std::string_view name = message.get("containment"); !name.empty()) {
    const std::optional<Containment> containment = containment_named(name);
    if (!containment) return Error{"read `containment` of a grant message"};
    policy.containment = *containment;
  }
  if (const std::string_view name = message.get("scratch"); !name.empty()) {
    const std::optional<Scratch> scratch = scratch_named(name);
    if (!scratch) return Error{"read `scratch` of a grant message"};
    policy.scratch = *scratch;
  }
  if (const std::string_view name = message.get("no_tests"); !name.empty()) {
    const std::optional<NoTests> no_tests = no_tests_named(name);
    if (!no_tests) return Error{"read `no_tests` of a grant message"};
    policy.no_tests = *no_tests;
  }
  if (const std::string_view name = message.get("isolation"); !name.empty()) {
    policy.isolation = isolation_named(name);
    const Result<Milliseconds> limit = time_in(message, "case_timeout");
    const Result<unsigned> processors = number_in<unsigned>(message, "processors");
    if (!policy.isolation) return Error{"read `isolation` of a grant message"};
    if (!limit) return limit.error();
    if (!processors) return processors.error();
    policy.case_timeout = *limit;
    policy.processors = *processors;
  }
  if (message.get("environment").empty()) return {};
  policy.environment.clear();
  for (const auto& [key, value] : message.fields) {
    if (key != "variable") continue;
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos) return Error{"read `variable` of a grant message"};
    policy.environment.push_back({value.substr(0, equals), value.substr(equals + 1)});
  }
  return {};
}

}  // namespace

Message to_message(const AttemptRequest& request) {
  Message message;
  message.kind = k_request;
  message.add("test", request.test);
  message.add("key", request.key);
  message.add("include", std::to_string(request.include_count));
  message.add("launcher", to_text(request.launcher));
  if (!request.program.empty()) message.add("program", request.program);
  for (const std::string& path : request.inputs.named) message.add(k_input, path);
  for (const std::string& path : request.inputs.required) message.add(k_required, path);
  if (request.soonest_end != k_longest) {
    message.add("soonest_end", std::to_string(request.soonest_end.count()));
  }
  const Properties& properties = request.properties;
  // Most tests have none of these: what is not sent costs nothing.
  const auto add_if_set = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) message.add(key, value);
  };
  add_if_set("locks", properties.locks);
  add_if_set("resource_lock", properties.resource_lock);
  add_if_set("timeout", properties.timeout);
  add_if_set("native_timeout", properties.native_timeout);
  add_if_set("default_timeout", properties.default_timeout);
  add_if_set("on_leak", properties.on_leak);
  add_if_set("labels", properties.labels);
  add_if_set("isolation", properties.isolation);
  add_if_set("processors", properties.processors);
  add_if_set("retry", properties.retry);
  if (properties.needed_by_others) message.add("needed", "1");
  if (properties.run_serial) message.add("run_serial", "1");
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
  request.launcher = *launcher;
  request.program = message.get("program");
  for (const auto& [field, value] : message.fields) {
    if (field == k_input) request.inputs.named.push_back(value);
    if (field == k_required) request.inputs.required.push_back(value);
  }
  if (!message.get("soonest_end").empty()) {
    Result<Milliseconds> soonest = time_in(message, "soonest_end");
    if (!soonest) return soonest.error();
    request.soonest_end = *soonest;
  }
  request.properties.locks = message.get("locks");
  request.properties.resource_lock = message.get("resource_lock");
  request.properties.timeout = message.get("timeout");
  request.properties.native_timeout = message.get("native_timeout");
  request.properties.default_timeout = message.get("default_timeout");
  request.properties.on_leak = message.get("on_leak");
  request.properties.needed_by_others = !message.get("needed").empty();
  request.properties.run_serial = !message.get("run_serial").empty();
  request.properties.labels = message.get("labels");
  request.properties.isolation = message.get("isolation");
  request.properties.processors = message.get("processors");
  request.properties.retry = message.get("retry");
  return request;
}

Message to_message(const AttemptGrant& grant) {
  Message message;
  message.kind = k_grant;
  const Policy& policy = grant.policy;
  message.add("run", grant.run);
  message.add("attempt", grant.attempt);
  message.add("journal", grant.journal);
  if (!grant.scratch.empty()) message.add("scratch_path", grant.scratch);
  if (!grant.refusal.empty()) message.add("refusal", grant.refusal);
  if (grant.is_again) message.add("again", "1");
  if (grant.is_googletest) message.add("googletest", "1");
  message.add("lock_timeout", std::to_string(policy.lock_timeout.count()));
  message.add("timeout", std::to_string(policy.timeout.count()));
  message.add("grace", std::to_string(policy.grace.count()));
  message.add("on_leak", name_of(policy.on_leak));
  if (policy.needed_by_others) message.add("needed", "1");
  add_if_not_default(message, policy);
  add_retry(message, policy);
  for (const LockSpec& lock : policy.locks) {
    // Name and manner apart: a promoted RESOURCE_LOCK may hold any character.
    LockSpec nameless = lock;
    nameless.name = "x";
    message.add("lock_name", lock.name);
    message.add("lock_manner", to_text(nameless));
  }
  return message;
}

Result<AttemptGrant> to_grant(const Message& message) {
  AttemptGrant grant;
  grant.run = message.get("run");
  grant.attempt = message.get("attempt");
  grant.journal = message.get("journal");
  grant.scratch = message.get("scratch_path");
  grant.refusal = message.get("refusal");
  grant.is_again = !message.get("again").empty();
  grant.is_googletest = !message.get("googletest").empty();
  Result<Milliseconds> lock_timeout = time_in(message, "lock_timeout");
  Result<Milliseconds> timeout = time_in(message, "timeout");
  Result<Milliseconds> grace = time_in(message, "grace");
  const std::optional<OnLeak> on_leak = on_leak_named(message.get("on_leak"));
  if (!lock_timeout) return lock_timeout.error();
  if (!timeout) return timeout.error();
  if (!grace) return grace.error();
  if (!on_leak) return Error{"read `on_leak` of a grant message"};
  grant.policy.lock_timeout = *lock_timeout;
  grant.policy.timeout = *timeout;
  grant.policy.grace = *grace;
  grant.policy.on_leak = *on_leak;
  grant.policy.needed_by_others = !message.get("needed").empty();
  if (Result<void> read = read_if_not_default(message, grant.policy); !read) return read.error();
  if (Result<void> read = read_retry(message, grant.policy); !read) return read.error();
  // A name is followed by its manner: one without the other would be a test without its lock.
  std::optional<std::string_view> lock_name;
  for (const auto& [key, value] : message.fields) {
    const bool is_name = key == "lock_name";
    if (!is_name && key != "lock_manner") continue;
    if (is_name == lock_name.has_value()) return Error{"read the locks of a grant message"};
    if (is_name) {
      lock_name = value;
      continue;
    }
    Result<LockSpec> spec = parse_lock_spec(value);
    if (!spec) return spec.error();
    spec->name = *lock_name;
    lock_name.reset();
    grant.policy.locks.push_back(std::move(*spec));
  }
  if (lock_name) return Error{"read the locks of a grant message"};
  return grant;
}

}  // namespace holdfast::wire
