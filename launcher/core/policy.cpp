#include "core/policy.hpp"

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

Result<std::vector<LockSpec>> locks_of(const Properties& properties, const Overrides& overrides) {
  std::vector<LockSpec> locks = overrides.locks;
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

void apply_properties(const Properties& properties, ResolvedPolicy& resolved) {
  Policy& policy = resolved.policy;
  policy.needed_by_others = properties.needed_by_others;
  if (!properties.timeout.empty()) {
    if (Result<Milliseconds> timeout = parse_duration(properties.timeout); timeout) {
      policy.timeout = *timeout;
    } else {
      resolved.warnings.push_back("ignoring HOLDFAST_TIMEOUT " + timeout.error().message);
    }
  }
  if (!properties.on_leak.empty()) {
    if (const auto on_leak = on_leak_named(properties.on_leak)) {
      policy.on_leak = *on_leak;
    } else {
      resolved.warnings.push_back("ignoring HOLDFAST_ON_LEAK \"" + properties.on_leak +
                                  "\": expected kill, fail or ignore");
    }
  }
}

}  // namespace

std::optional<OnLeak> on_leak_named(std::string_view name) {
  for (OnLeak on_leak : {OnLeak::kill, OnLeak::fail, OnLeak::ignore}) {
    if (name_of(on_leak) == name) return on_leak;
  }
  return std::nullopt;
}

std::string_view name_of(OnLeak on_leak) {
  switch (on_leak) {
    case OnLeak::kill:
      return "kill";
    case OnLeak::fail:
      return "fail";
    case OnLeak::ignore:
      return "ignore";
  }
  return "kill";
}

Result<ResolvedPolicy> resolve(const Properties& properties, const Overrides& overrides) {
  ResolvedPolicy resolved;
  Result<std::vector<LockSpec>> locks = locks_of(properties, overrides);
  if (!locks) return locks.error();
  apply_properties(properties, resolved);
  Policy& policy = resolved.policy;
  policy.locks = std::move(*locks);
  if (overrides.lock_timeout) policy.lock_timeout = *overrides.lock_timeout;
  if (overrides.timeout) policy.timeout = *overrides.timeout;
  if (overrides.grace) policy.grace = *overrides.grace;
  if (overrides.on_leak) policy.on_leak = *overrides.on_leak;
  return resolved;
}

}  // namespace holdfast
