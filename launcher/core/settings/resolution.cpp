#include "core/settings/resolution.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/file_name.hpp"
#include "core/base/printable.hpp"
#include "core/settings/wire_retry.hpp"

namespace holdfast {
namespace {

// Calls `use` with each non-empty part of a comma-separated list until it returns an error.
template <typename Use>
Result<void> for_each_part(std::string_view list, Use use) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view part = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (part.empty()) continue;
    if (Result<void> used = use(part); !used) return used;
  }
  return {};
}

// `locks`: what settings say, for a test without HOLDFAST_LOCKS.
Result<std::vector<LockSpec>> locks_of(const Properties& properties, std::vector<LockSpec> locks) {
  if (!properties.locks.empty()) locks.clear();
  const auto keep = [&](Result<LockSpec> spec, const char* property) -> Result<void> {
    if (!spec) return Error{std::string(property) + ": " + spec.error().message};
    locks.push_back(std::move(*spec));
    return {};
  };
  Result<void> own = for_each_part(properties.locks, [&](std::string_view part) {
    return keep(parse_lock_spec(part), "HOLDFAST_LOCKS");
  });
  if (!own) return own.error();
  Result<void> promoted = for_each_part(properties.resource_lock, [&](std::string_view part) {
    return keep(promote_resource_lock(decode_file_name(part)), "RESOURCE_LOCK");
  });
  if (!promoted) return promoted.error();
  return canonical_locks(std::move(locks));
}

// With ctest's limit, of whose form attach.cmake sees to it; 0 is none.
Milliseconds shorter(Milliseconds timeout, const std::string& ctests) {
  if (ctests.empty()) return timeout;
  const Result<Milliseconds> other = parse_duration(ctests);
  if (!other || other->count() == 0) return timeout;
  return timeout.count() == 0 ? *other : std::min(timeout, *other);
}

void apply_isolation(const Properties& properties, ResolvedPolicy& resolved) {
  Policy& policy = resolved.policy;
  if (!properties.isolation.empty()) {
    if (const auto isolation = isolation_named(properties.isolation)) {
      policy.isolation = *isolation;
    } else {
      resolved.warnings.push_back("ignoring HOLDFAST_ISOLATION \"" + brief(properties.isolation) +
                                  "\": expected none, process or fork");
    }
  }
  // ctest has understood it already.
  unsigned count = 0;
  const std::string& text = properties.processors;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec == std::errc{} && count > 0) policy.processors = count;
}

void apply_properties(const Properties& properties, ResolvedPolicy& resolved) {
  Policy& policy = resolved.policy;
  policy.needed_by_others = properties.needed_by_others;
  bool has_own_limit = false;
  const auto limit = [&](const std::string& value, const char* property) {
    if (value.empty()) return;
    if (Result<Milliseconds> timeout = parse_duration(value); timeout) {
      policy.timeout = *timeout;
      has_own_limit = true;
    } else {
      resolved.warnings.push_back(std::string("ignoring ") + property + " " +
                                  timeout.error().message);
    }
  };
  apply_isolation(properties, resolved);
  if (policy.isolation) {
    limit(properties.timeout, "HOLDFAST_TIMEOUT");
    policy.case_timeout = std::exchange(policy.timeout, Milliseconds{0});
    has_own_limit = false;
    limit(properties.native_timeout, "TIMEOUT");
  } else {
    limit(properties.native_timeout, "TIMEOUT");
    limit(properties.timeout, "HOLDFAST_TIMEOUT");
  }
  if (!has_own_limit) policy.timeout = shorter(policy.timeout, properties.default_timeout);
  if (!properties.on_leak.empty()) {
    if (const auto on_leak = on_leak_named(properties.on_leak)) {
      policy.on_leak = *on_leak;
    } else {
      resolved.warnings.push_back("ignoring HOLDFAST_ON_LEAK \"" + brief(properties.on_leak) +
                                  "\": expected kill, fail or ignore");
    }
  }
}

// Instead of what holdfast.toml says; without the ones that cannot be understood, none of them.
void apply_retry(const Properties& properties, ResolvedPolicy& resolved) {
  if (properties.retry.empty()) return;
  if (Result<RetryRules> rules = parse_retry_rules(properties.retry); rules) {
    resolved.policy.retry.rules = std::move(*rules);
  } else {
    resolved.warnings.push_back("ignoring HOLDFAST_RETRY: " + rules.error().message);
  }
}

}  // namespace

Result<ResolvedPolicy> resolve(const Properties& properties, const Overrides& overrides) {
  return resolve_over(Policy{}, properties, overrides);
}

Result<ResolvedPolicy> resolve_over(Policy base, const Properties& properties,
                                    const Overrides& overrides) {
  ResolvedPolicy resolved;
  resolved.policy = std::move(base);
  Result<std::vector<LockSpec>> locks = locks_of(properties, std::move(resolved.policy.locks));
  if (!locks) return locks.error();
  apply_properties(properties, resolved);
  apply_retry(properties, resolved);
  resolved.policy.locks = std::move(*locks);
  Result<Policy> policy = with_overrides(std::move(resolved.policy), overrides);
  if (!policy) return policy.error();
  resolved.policy = std::move(*policy);
  return resolved;
}

Result<Policy> with_overrides(Policy policy, const Overrides& overrides) {
  policy.locks.insert(policy.locks.end(), overrides.locks.begin(), overrides.locks.end());
  Result<std::vector<LockSpec>> locks = canonical_locks(std::move(policy.locks));
  if (!locks) return locks.error();
  policy.locks = std::move(*locks);
  if (overrides.lock_timeout) policy.lock_timeout = *overrides.lock_timeout;
  if (overrides.timeout) policy.timeout = *overrides.timeout;
  if (overrides.grace) policy.grace = *overrides.grace;
  if (overrides.on_leak) policy.on_leak = *overrides.on_leak;
  if (overrides.containment) policy.containment = *overrides.containment;
  if (overrides.scratch) policy.scratch = *overrides.scratch;
  if (overrides.no_tests) policy.no_tests = *overrides.no_tests;
  if (!overrides.settings_of_retries.empty()) {
    Result<void> read = wire::read_retry_word(overrides.settings_of_retries, policy);
    if (!read) return read.error();
  }
  if (overrides.retry) policy.retry.rules = *overrides.retry;
  if (overrides.backoff) policy.retry.backoff = *overrides.backoff;
  for (const Variable& variable : overrides.environment) {
    set_variable(policy.environment, variable);
  }
  return policy;
}

}  // namespace holdfast
