#include "core/settings/settings.hpp"

#include <algorithm>

#include "core/base/file_name.hpp"
#include "core/lock/held_locks.hpp"

namespace holdfast {
namespace {

void take_over(TestValues& values, const TestValues& later) {
  take_over(values.timeout, later.timeout);
  take_over(values.grace, later.grace);
  take_over(values.lock_timeout, later.lock_timeout);
  take_over(values.on_leak, later.on_leak);
  take_over(values.containment, later.containment);
  take_over(values.scratch, later.scratch);
  take_over(values.run_serial, later.run_serial);
  take_over(values.no_tests, later.no_tests);
  take_over(values.isolation, later.isolation);
  take_over(values.locks, later.locks);
  take_over(values.retry, later.retry);
  for (const Said<Variable>& said : later.environment) {
    const auto same =
        std::find_if(values.environment.begin(), values.environment.end(),
                     [&](const auto& known) { return known.value.name == said.value.name; });
    if (same != values.environment.end()) {
      *same = said;
    } else {
      values.environment.push_back(said);
    }
  }
}

Policy policy_of(const TestValues& values) {
  Policy policy;
  if (values.timeout) policy.timeout = values.timeout->value;
  if (values.grace) policy.grace = values.grace->value;
  if (values.lock_timeout) policy.lock_timeout = values.lock_timeout->value;
  if (values.on_leak) policy.on_leak = values.on_leak->value;
  if (values.containment) policy.containment = values.containment->value;
  if (values.scratch) policy.scratch = values.scratch->value;
  if (values.no_tests) policy.no_tests = values.no_tests->value;
  if (values.isolation) policy.isolation = values.isolation->value;
  if (values.locks) policy.locks = values.locks->value;
  policy.retry = retry_policy_of(values.retry);
  policy.hooks = hooks_of(values.retry);
  for (const Said<Variable>& said : values.environment)
    set_variable(policy.environment, said.value);
  return policy;
}

std::optional<LockSpec> serial_lock(RunSerial serial, bool alone) {
  LockSpec lock;
  lock.name = k_run_serial_lock;
  lock.mode = alone ? LockMode::exclusive : LockMode::shared;
  switch (serial) {
    case RunSerial::run:
      return std::nullopt;
    case RunSerial::project:
      lock.scope = LockScope::project;
      break;
    case RunSerial::user:
      lock.scope = LockScope::user;
      break;
    case RunSerial::machine:
      lock.scope = LockScope::machine;
      break;
  }
  return lock;
}

}  // namespace

std::optional<RunSerial> run_serial_named(std::string_view name) {
  for (RunSerial serial :
       {RunSerial::run, RunSerial::project, RunSerial::user, RunSerial::machine}) {
    if (name_of(serial) == name) return serial;
  }
  return std::nullopt;
}

std::string_view name_of(RunSerial serial) {
  switch (serial) {
    case RunSerial::run:
      return "run";
    case RunSerial::project:
      return "project";
    case RunSerial::user:
      return "user";
    case RunSerial::machine:
      return "machine";
  }
  return "run";
}

std::optional<SecondRun> second_run_named(std::string_view name) {
  for (SecondRun runs : {SecondRun::wait, SecondRun::share, SecondRun::allow, SecondRun::refuse}) {
    if (name_of(runs) == name) return runs;
  }
  return std::nullopt;
}

std::string_view name_of(SecondRun runs) {
  switch (runs) {
    case SecondRun::wait:
      return "wait";
    case SecondRun::share:
      return "share";
    case SecondRun::allow:
      return "allow";
    case SecondRun::refuse:
      return "refuse";
  }
  return "wait";
}

Milliseconds longest_grace(const Settings& settings) {
  Milliseconds longest = k_default_grace;
  bool has_hook = false;
  for (const ProfileLayer& layer : settings.layers) {
    if (layer.values.grace) longest = layer.values.grace->value;
    has_hook = has_hook || layer.values.retry.before_kill;
  }
  for (const SettingsOverride& one : settings.overrides) {
    if (one.values.grace) longest = std::max(longest, one.values.grace->value);
    has_hook = has_hook || one.values.retry.before_kill;
  }
  return has_hook ? std::max(longest, k_default_grace) : longest;
}

RunSettings run_settings(const Settings& settings) {
  RunSettings run;
  run.runs_origin = run.oom_events_origin = "built-in default";
  RunRetryValues retries;
  for (const ProfileLayer& layer : settings.layers) {
    if (layer.runs) {
      run.runs = layer.runs->value;
      run.runs_origin = layer.runs->origin;
    }
    if (layer.oom_events) {
      run.oom_events = layer.oom_events->value;
      run.oom_events_origin = layer.oom_events->origin;
    }
    take_over(retries, layer.retries);
  }
  run.retries = run_retry_settings(retries);
  return run;
}

TestValues values_of(const Settings& settings, const std::vector<std::size_t>& overrides) {
  TestValues values;
  for (const ProfileLayer& layer : settings.layers) take_over(values, layer.values);
  for (const std::size_t index : overrides) take_over(values, settings.overrides[index].values);
  return values;
}

Result<ResolvedPolicy> resolve(const Properties& properties, const Overrides& overrides,
                               const TestValues& values) {
  Result<ResolvedPolicy> resolved = resolve_over(policy_of(values), properties, overrides);
  const std::optional<LockSpec> serial =
      values.run_serial ? serial_lock(values.run_serial->value, properties.run_serial)
                        : std::nullopt;
  if (!resolved || !serial) return resolved;
  std::vector<LockSpec>& locks = resolved->policy.locks;
  locks.push_back(*serial);
  Result<std::vector<LockSpec>> all = canonical_locks(std::move(locks));
  if (!all) return all.error();
  locks = std::move(*all);
  return resolved;
}

bool has_label(std::string_view labels, std::string_view label) {
  while (!labels.empty()) {
    const std::size_t comma = labels.find(',');
    if (decode_file_name(labels.substr(0, comma)) == label) return true;
    labels.remove_prefix(comma == std::string_view::npos ? labels.size() : comma + 1);
  }
  return false;
}

}  // namespace holdfast
