#include "core/settings/resolution.hpp"

#include <algorithm>
#include <iterator>

#include "core/base/file_name.hpp"
#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "core/lock/held_locks.hpp"
#include "core/settings/kinds.hpp"

namespace holdfast {
namespace {

// Makes the locks of RESOURCE_LOCK hold across runs, too.
Result<void> add_resource_locks(std::string_view encoded, std::vector<LockSpec>& locks) {
  while (!encoded.empty()) {
    const std::string_view name = take_part(encoded, ',');
    if (name.empty()) continue;
    Result<LockSpec> lock = promote_resource_lock(decode_file_name(name));
    if (!lock) return ErrorInWords{to_text("RESOURCE_LOCK", lock.error())};
    locks.push_back(std::move(*lock));
  }
  return {};
}

// A test with RUN_SERIAL holds the lock exclusively, and every other test holds it shared.
void add_serial_lock(RunSerial over, bool alone, std::vector<LockSpec>& locks) {
  if (over == RunSerial::run) return;
  locks.push_back({.name = std::string(k_run_serial_lock),
                   .mode = alone ? LockMode::exclusive : LockMode::shared,
                   .scope = over == RunSerial::project ? LockScope::project
                            : over == RunSerial::user  ? LockScope::user
                                                       : LockScope::machine});
}

// The shorter of our limit and ctest's; 0: none. attach.cmake ensures the form of ctest's limit.
Milliseconds shorter(Milliseconds timeout, const std::string& ctests) {
  const Result<Milliseconds> other = parse_duration(ctests);
  if (!other || other->count() == 0) return timeout;
  return timeout.count() == 0 ? *other : std::min(timeout, *other);
}

void settle_limits(const TestFacts& facts, bool by_property, ResolvedPolicy& resolved) {
  Policy& policy = resolved.policy;
  if (policy.isolation) {
    policy.case_timeout = std::exchange(policy.timeout, Milliseconds{0});
  } else if (by_property) {
    return;
  }
  if (!facts.native_timeout.empty()) {
    const Result<Milliseconds> native = parse_duration(facts.native_timeout);
    if (native) {
      policy.timeout = *native;
      resolved.limit_from = LimitFrom::test;
      return;
    }
    resolved.warnings.push_back("ignoring " + to_text("TIMEOUT", native.error()));
  }
  const Milliseconds before = policy.timeout;
  policy.timeout = shorter(before, facts.default_timeout);
  if (policy.timeout != before) resolved.limit_from = LimitFrom::ctest;
}

// A test stays on this machine if it has the label for that, or if its services are here.
void settle_engine(const TestFacts& facts, Policy& policy) {
  const std::string& label = policy.engine.local_label;
  const bool stays = !policy.services.empty() || (!label.empty() && has_label(facts.labels, label));
  if (stays) policy.engine.kind = Engine::local;
}

// False: the value was not understood and is left out, with a warning.
Result<bool> take(const Value& value, ResolvedPolicy& resolved) {
  const Result<void> applied = apply(value, resolved.policy);
  if (applied) return true;
  if (value.source == Source::file) return ErrorInWords{to_text(value.origin, applied.error())};
  const std::string who = text_of({"HOLDFAST_", property_of(value.setting)});
  const std::string complaint = to_text(who, applied.error());
  const bool is_needed = value.setting == Setting::locks || value.setting == Setting::services ||
                         value.setting == Setting::containment;
  if (is_needed) return ErrorInWords{complaint};
  resolved.warnings.push_back("ignoring " + complaint);
  return false;
}

}  // namespace

Result<void> apply(const Value& value, Policy& policy) {
  switch (value.setting) {
#define HOLDFAST_SETTING(id, field, Kind, ...) \
  case Setting::id:                            \
    return kind::Kind::read(value.text, policy.field);
#define HOLDFAST_RUN_SETTING(id, ...) case Setting::id:
#define HOLDFAST_STEP_SETTING(id, ...) case Setting::id:
#include "core/settings/table.def"
    break;
  }
  return {};
}

Result<void> add_locks(std::vector<LockSpec> more, std::vector<LockSpec>& locks) {
  std::move(more.begin(), more.end(), std::back_inserter(locks));
  HOLDFAST_TRY(std::vector<LockSpec> all, canonical_locks(std::move(locks)));
  locks = std::move(all);
  return {};
}

Result<ResolvedPolicy> resolve(Values said, const TestFacts& facts) {
  ResolvedPolicy resolved;
  bool limit_by_property = false;
  for (Value& value : said) {
    HOLDFAST_TRY(const bool taken, take(value, resolved));
    if (!taken) continue;
    limit_by_property = limit_by_property ||
                        (value.setting == Setting::timeout && value.source == Source::property);
    resolved.said.push_back(std::move(value));
  }
  Policy& policy = resolved.policy;
  policy.needed_by_others = facts.needed_by_others;
  settle_limits(facts, limit_by_property, resolved);
  // ctest has checked the number already.
  policy.processors = std::max(1U, parse_number<unsigned>(facts.processors).value_or(1));
  settle_engine(facts, policy);
  std::vector<LockSpec> more;
  HOLDFAST_DO(add_resource_locks(facts.resource_lock, more));
  add_serial_lock(policy.run_serial, facts.serial, more);
  HOLDFAST_DO(add_locks(std::move(more), policy.locks));
  return resolved;
}

Result<ResolvedPolicy> resolve(Values said, const TestFacts& facts, const Options& options) {
  Result<ResolvedPolicy> resolved = resolve(std::move(said), facts);
  if (!resolved) return resolved;
  HOLDFAST_TRY(Policy policy, with_options(std::move(resolved->policy), options));
  resolved->policy = std::move(policy);
  return resolved;
}

Result<Policy> with_options(Policy policy, const Options& options) {
  for (const Value& value : options.said) {
    HOLDFAST_DO(apply(value, policy));
  }
  HOLDFAST_DO(add_locks(options.locks, policy.locks));
  return policy;
}

}  // namespace holdfast
