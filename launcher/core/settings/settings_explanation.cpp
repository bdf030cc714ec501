#include "core/settings/settings_explanation.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/settings/retry_explanation.hpp"

namespace holdfast {
namespace {

constexpr const char* k_built_in = "built-in default";

template <typename T>
std::string origin_of(const std::optional<Said<T>>& said) {
  return said ? said->origin : k_built_in;
}

std::string limit_text(Milliseconds length) {
  return length.count() == 0 ? "none" : to_text(length);
}

std::string locks_text(const Policy& policy) {
  std::string text;
  for (const LockSpec& lock : policy.locks) text += (text.empty() ? "" : ", ") + to_text(lock);
  return text.empty() ? "none" : text;
}

// "a", "a and b", "a, b and c".
std::string enumeration_of(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

// All that adds locks: those of a test may come from three places.
std::string locks_origin(const Properties& properties, const TestValues& values) {
  std::vector<std::string> origins;
  if (!properties.locks.empty()) {
    origins.emplace_back("the test's HOLDFAST_LOCKS");
  } else if (values.locks) {
    origins.push_back(values.locks->origin);
  }
  if (!properties.resource_lock.empty()) {
    origins.emplace_back(properties.locks.empty() ? "the test's RESOURCE_LOCK" : "RESOURCE_LOCK");
  }
  if (values.run_serial && values.run_serial->value != RunSerial::run) {
    origins.emplace_back("run-serial");
  }
  return origins.empty() ? k_built_in : enumeration_of(origins);
}

void explain_environment(const Policy& policy, const TestValues& values,
                         std::vector<ExplainedValue>& explained) {
  const auto said_of = [&](std::string_view name) {
    return std::find_if(values.environment.begin(), values.environment.end(),
                        [&](const auto& said) { return said.value.name == name; });
  };
  for (const Variable& variable : policy.environment) {
    const auto said = said_of(variable.name);
    explained.push_back({"environment." + variable.name, variable.value,
                         said == values.environment.end() ? k_built_in : said->origin});
  }
  for (const Said<Variable>& said : values.environment) {
    if (!said.value.value.empty()) continue;
    explained.push_back({"environment." + said.value.name, "not set", said.origin});
  }
}

}  // namespace

std::vector<ExplainedValue> explain(const Policy& policy, const Properties& properties,
                                    const TestValues& values) {
  // A property that could not be understood is not where the value comes from.
  const bool own_timeout = !properties.timeout.empty() && parse_duration(properties.timeout);
  const bool own_native =
      !properties.native_timeout.empty() && parse_duration(properties.native_timeout);
  const Result<Milliseconds> ctests = parse_duration(properties.default_timeout);
  const bool is_ctests = ctests && ctests->count() > 0 && *ctests == policy.timeout;
  const bool own_on_leak = !properties.on_leak.empty() && on_leak_named(properties.on_leak);
  const bool own_isolation = !properties.isolation.empty() && isolation_named(properties.isolation);
  const bool is_batch = policy.isolation.has_value();
  std::vector<ExplainedValue> explained{
      {"timeout", limit_text(is_batch ? policy.case_timeout : policy.timeout),
       own_timeout               ? "the test's HOLDFAST_TIMEOUT"
       : own_native && !is_batch ? "the test's TIMEOUT"
       : is_ctests && !is_batch  ? "ctest's own limit"
                                 : origin_of(values.timeout)},
      {"grace", to_text(policy.grace), origin_of(values.grace)},
      {"lock-timeout", limit_text(policy.lock_timeout), origin_of(values.lock_timeout)},
      {"on-leak", std::string(name_of(policy.on_leak)),
       own_on_leak ? "the test's HOLDFAST_ON_LEAK" : origin_of(values.on_leak)},
      {"containment", std::string(name_of(policy.containment)), origin_of(values.containment)},
      {"scratch", std::string(name_of(policy.scratch)), origin_of(values.scratch)},
      {"run-serial",
       std::string(name_of(values.run_serial ? values.run_serial->value : RunSerial::run)),
       origin_of(values.run_serial)},
      {"no-tests", std::string(name_of(policy.no_tests)), origin_of(values.no_tests)},
      {"locks", locks_text(policy), locks_origin(properties, values)},
      {"isolation", is_batch ? std::string(name_of(*policy.isolation)) : "no batch",
       own_isolation ? "the test's HOLDFAST_ISOLATION" : origin_of(values.isolation)},
  };
  if (is_batch) {
    explained.push_back({"timeout of all cases", limit_text(policy.timeout),
                         own_native  ? "the test's TIMEOUT"
                         : is_ctests ? "ctest's own limit"
                                     : k_built_in});
  }
  explain_retry(policy, properties, values, explained);
  explain_environment(policy, values, explained);
  return explained;
}

std::string to_text(Milliseconds length) {
  if (length.count() % 1000 == 0) return std::to_string(length.count() / 1000) + "s";
  return std::to_string(length.count()) + "ms";
}

}  // namespace holdfast
