#include "settings/resolution.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "values/held_locks.hpp"
#include "values/kinds.hpp"

namespace holdfast {
namespace {

template <typename Kind, typename Field>
std::string shown(Kind /*kind*/, const Field& field) {
  return Kind::print(field);
}
// Empty: there is no limit.
std::string shown(kind::Limit /*kind*/, Milliseconds field) {
  return field.count() == 0 ? std::string() : to_text(field);
}
std::string shown(kind::Locks /*kind*/, const std::vector<LockSpec>& field) {
  return separated(field, ", ", [](const LockSpec& lock) { return to_text(lock); });
}
std::string shown(kind::Paths /*kind*/, const std::vector<std::string>& field) {
  return separated(field, ", ");
}

std::string origin_of(const Values& said, Setting setting) {
  const Value* value = last_of(said, setting);
  return value == nullptr ? std::string(k_built_in_origin) : holdfast::origin_of(*value);
}

class Explanation {
 public:
  explicit Explanation(const Values& said) : said_(said) {}

  template <typename Kind, typename Field>
  void add(Kind of, Setting setting, std::string_view key, const Field& field,
           std::string_view nothing) {
    std::string text = shown(of, field);
    if (text.empty()) text = nothing;
    add(key, std::move(text), origin_of(said_, setting));
  }
  // A row per variable and per entry, because these settings are no single values.
  void add(kind::Variables /*kind*/, Setting setting, std::string_view key,
           const std::vector<Variable>& field, std::string_view /*nothing*/) {
    std::vector<Variable> all = field;
    for (const Value& value : said_) {
      if (value.setting != setting || !value.text.ends_with('=')) continue;
      const std::string name = value.text.substr(0, value.text.size() - 1);
      if (std::ranges::find(all, name, &Variable::name) == all.end()) all.push_back({name, {}});
    }
    for (const Variable& one : all) {
      std::string origin(k_built_in_origin);
      for (const Value& value : said_) {
        const bool is_it = value.setting == setting && value.text.starts_with(one.name + "=");
        if (is_it) origin = holdfast::origin_of(value);
      }
      add(std::string(key) + "." + one.name, one.value.empty() ? "not set" : one.value, origin);
    }
  }
  void add(kind::KnownFlakes /*kind*/, Setting setting, std::string_view /*key*/,
           const std::vector<KnownFlake>& field, std::string_view /*nothing*/) {
    std::size_t at = 0;
    for (const Value& value : said_) {
      if (value.setting != setting || at == field.size()) continue;
      const KnownFlake& known = field[at++];
      add("known-flaky", std::to_string(known.attempts) + ", " + known.issue, value.origin);
    }
  }
  void add(kind::Patterns /*kind*/, Setting setting, std::string_view key,
           const std::vector<std::string>& /*field*/, std::string_view /*nothing*/) {
    for (const Value& value : said_) {
      if (value.setting == setting) add(key, value.text, value.origin);
    }
  }
  void add(std::string_view key, std::string text, std::string origin) {
    rows_.push_back({std::string(key), std::move(text), std::move(origin)});
  }

  std::vector<ExplainedValue>& rows() { return rows_; }
  ExplainedValue& row(std::string_view key) {
    return *std::ranges::find(rows_, key, &ExplainedValue::key);
  }

 private:
  const Values& said_;
  std::vector<ExplainedValue> rows_;
};

// Everything that adds locks: the locks of a test may come from three places.
std::string origin_of_locks(const ResolvedPolicy& resolved, const TestProperties& properties) {
  std::vector<std::string> origins;
  const Value* said = last_of(resolved.said, Setting::locks);
  if (said != nullptr) origins.push_back(origin_of(*said));
  if (!properties.resource_lock.empty()) {
    const bool is_second = said != nullptr && said->source == Source::property;
    origins.emplace_back(is_second ? "RESOURCE_LOCK" : "the test's RESOURCE_LOCK");
  }
  if (resolved.policy.run_serial != RunSerial::run) origins.emplace_back("run-serial");
  return origins.empty() ? std::string(k_built_in_origin) : enumeration(origins, " and ");
}

// For a batch, the test's limit is the limit of all cases together.
void explain_limits(const ResolvedPolicy& resolved, Explanation& explanation) {
  const Policy& policy = resolved.policy;
  const std::string origin = resolved.limit_from == LimitFrom::test ? "the test's TIMEOUT"
                             : resolved.limit_from == LimitFrom::ctest
                                 ? "ctest's own limit"
                                 : std::string(k_built_in_origin);
  const auto text = [](Milliseconds limit) {
    return limit.count() == 0 ? std::string("none") : to_text(limit);
  };
  ExplainedValue& timeout = explanation.row("timeout");
  if (policy.isolation) {
    timeout.value = text(policy.case_timeout);
    explanation.add("timeout of all cases", text(policy.timeout), origin);
  } else if (resolved.limit_from != LimitFrom::setting) {
    timeout.origin = origin;
  }
}

// Makes the locks of RESOURCE_LOCK hold across runs, too.
Result<void> add_resource_locks(std::string_view encoded, std::vector<LockSpec>& locks) {
  for (const std::string& name : decoded_names(encoded)) {
    if (name.empty()) continue;
    Result<LockSpec> lock = promote_resource_lock(name);
    if (!lock) return ErrorInWords{to_text("RESOURCE_LOCK", lock.error())};
    locks.push_back(std::move(*lock));
  }
  return {};
}

// A test with RUN_SERIAL holds the lock exclusively, and every other test holds it shared. All
// other words of RunSerial are scopes of locks.
void add_serial_lock(RunSerial over, bool alone, std::vector<LockSpec>& locks) {
  if (over == RunSerial::run) return;
  locks.push_back({.name = std::string(k_run_serial_lock),
                   .mode = alone ? LockMode::exclusive : LockMode::shared,
                   .scope = named<LockScope>(name_of(over)).value_or(LockScope::machine)});
}

// The shorter of our limit and ctest's; 0: none. attach.cmake ensures the form of ctest's limit.
Milliseconds shorter(Milliseconds timeout, const std::string& ctests) {
  const Result<Milliseconds> other = parse_duration(ctests);
  if (!other || other->count() == 0) return timeout;
  return timeout.count() == 0 ? *other : std::min(timeout, *other);
}

void settle_limits(const TestProperties& properties, bool by_property, ResolvedPolicy& resolved) {
  Policy& policy = resolved.policy;
  if (policy.isolation) {
    policy.case_timeout = std::exchange(policy.timeout, Milliseconds{0});
  } else if (by_property) {
    return;
  }
  if (!properties.native_timeout.empty()) {
    const Result<Milliseconds> native = parse_duration(properties.native_timeout);
    if (native) {
      policy.timeout = *native;
      resolved.limit_from = LimitFrom::test;
      return;
    }
    resolved.warnings.push_back("ignoring " + to_text("TIMEOUT", native.error()));
  }
  const Milliseconds before = policy.timeout;
  policy.timeout = shorter(before, properties.default_timeout);
  if (policy.timeout != before) resolved.limit_from = LimitFrom::ctest;
}

// A test stays on this machine if it has the label for that, or if its services are here.
void settle_engine(const TestProperties& properties, Policy& policy) {
  const std::string& label = policy.engine.local_label;
  const bool stays =
      !policy.services.empty() || (!label.empty() && has_label(properties.labels, label));
  if (stays) policy.engine.kind = Engine::local;
}

// False: the value was not understood and is left out, with a warning.
Result<bool> take(const Value& value, ResolvedPolicy& resolved) {
  const Result<void> applied = apply(value, resolved.policy);
  if (applied) return true;
  if (value.source == Source::file) return ErrorInWords{to_text(value.origin, applied.error())};
  const std::string who = text_of({"HOLDFAST_", row_of(value.setting).property});
  const std::string complaint = to_text(who, applied.error());
  const bool is_needed = value.setting == Setting::locks || value.setting == Setting::services ||
                         value.setting == Setting::containment;
  if (is_needed) return ErrorInWords{complaint};
  resolved.warnings.push_back("ignoring " + complaint);
  return false;
}

}  // namespace

std::string origin_of(const Value& value) {
  switch (value.source) {
    case Source::file:
      return value.origin;
    case Source::property:
      return "the test's HOLDFAST_" + std::string(row_of(value.setting).property);
    case Source::option:
      return std::string(row_of(value.setting).option);
  }
  return value.origin;
}

std::vector<ExplainedValue> explain(const ResolvedPolicy& resolved,
                                    const TestProperties& properties) {
  Explanation explanation(resolved.said);
  const Policy& policy = resolved.policy;
#define HOLDFAST_SETTING(id, field, Kind, toml, since, nothing, ...) \
  explanation.add(kind::Kind{}, Setting::id, toml, policy.field, nothing);
#include "values/table.def"
  explanation.row("locks").origin = origin_of_locks(resolved, properties);
  explain_limits(resolved, explanation);
  return std::move(explanation.rows());
}

std::vector<ExplainedValue> explain_run(const Settings& settings) {
  const Values said = said_in_profiles(settings);
  const RunSettings run = run_settings(settings);
  Explanation explanation(said);
#define HOLDFAST_RUN_SETTING(id, field, Kind, toml, since, nothing, ...) \
  explanation.add(kind::Kind{}, Setting::id, toml, run.field, nothing);
#include "values/table.def"
  return std::move(explanation.rows());
}

std::vector<ExplainedValue> explain_build_steps(const Settings& settings) {
  const BuildStepSettings steps = build_step_settings(settings);
  Explanation explanation(settings.build_steps);
#define HOLDFAST_STEP_SETTING(id, field, Kind, toml, ...)              \
  if (last_of(settings.build_steps, Setting::id) != nullptr) {         \
    explanation.add(kind::Kind{}, Setting::id, toml, steps.field, {}); \
  }
#include "values/table.def"
  return std::move(explanation.rows());
}

Result<void> apply(const Value& value, Policy& policy) {
  switch (value.setting) {
#define HOLDFAST_SETTING(id, field, Kind, ...) \
  case Setting::id:                            \
    return kind::Kind::read(value.text, policy.field);
#define HOLDFAST_RUN_SETTING(id, ...) case Setting::id:
#define HOLDFAST_STEP_SETTING(id, ...) case Setting::id:
#include "values/table.def"
    break;
  }
  return {};
}

Result<void> add_locks(std::vector<LockSpec> more, std::vector<LockSpec>& locks) {
  std::move(more.begin(), more.end(), std::back_inserter(locks));
  HOLDFAST_TRY(locks, canonical_locks(std::move(locks)));
  return {};
}

Result<ResolvedPolicy> resolve(Values said, const TestProperties& properties) {
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
  policy.needed_by_others = properties.needed_by_others;
  settle_limits(properties, limit_by_property, resolved);
  // ctest has checked the number already.
  policy.processors = std::max(1U, parse_number<unsigned>(properties.processors).value_or(1));
  settle_engine(properties, policy);
  std::vector<LockSpec> more;
  HOLDFAST_DO(add_resource_locks(properties.resource_lock, more));
  add_serial_lock(policy.run_serial, properties.serial, more);
  HOLDFAST_DO(add_locks(std::move(more), policy.locks));
  return resolved;
}

Result<ResolvedPolicy> resolve(Values said, const TestProperties& properties,
                               const Options& options) {
  HOLDFAST_TRY(ResolvedPolicy resolved, resolve(std::move(said), properties));
  HOLDFAST_TRY(resolved.policy, with_options(std::move(resolved.policy), options));
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
