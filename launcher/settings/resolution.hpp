// How properties, options and holdfast.toml make a policy. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.hpp"
#include "values/policy.hpp"
#include "values/test_properties.hpp"
#include "values/value.hpp"

namespace holdfast {

// What the command line of `holdfast run` or of the launcher says. Locks are not in `said`, because
// they are added to the test's other locks.
struct Options {
  Values said;
  std::vector<LockSpec> locks;
};

// Where a test's limit comes from; for a batch, the limit of all cases together.
enum class LimitFrom : std::uint8_t {
  setting,  // `timeout`, HOLDFAST_TIMEOUT or --timeout
  test,     // the test's TIMEOUT
  ctest,    // ctest's own limit for tests without one
};

struct ResolvedPolicy {
  Policy policy;
  Values said;  // the values that were understood, in the order of application
  LimitFrom limit_from = LimitFrom::setting;
  // One whole sentence for each value that was not understood and was left out.
  std::vector<std::string> warnings;
};

// Applies the values of `said` in their order: holdfast.toml, then properties. Then come the rules
// for several settings together:
// - Locks of RESOURCE_LOCK and of `run-serial` are added to the others.
// - HOLDFAST_TIMEOUT wins over TIMEOUT, and TIMEOUT over holdfast.toml. Without either property,
//   ctest's own limit holds as well.
// - With an isolation, the setting is the limit of each case. TIMEOUT, or without it ctest's own
//   limit, is the limit of all cases together.
// A lock that is not understood is an error: to run without a lock that somebody wants is worse
// than not to run. Any other property that is not understood is left out with a warning.
Result<ResolvedPolicy> resolve(Values said, const TestProperties& properties);
// The same, and then applies the options.
Result<ResolvedPolicy> resolve(Values said, const TestProperties& properties,
                               const Options& options);

Result<Policy> with_options(Policy policy, const Options& options);

// Takes one value into the policy; fails with `"found": expected …`.
Result<void> apply(const Value& value, Policy& policy);

// Adds a lock and keeps the order in which locks are taken.
Result<void> add_locks(std::vector<LockSpec> more, std::vector<LockSpec>& locks);

// Where each value of a policy comes from, for `holdfast config --explain`.

// The origin of a value that nobody has said.
inline constexpr std::string_view k_built_in_origin = "built-in default";

struct ExplainedValue {
  std::string key;  // as in holdfast.toml
  std::string value;
  std::string origin;  // "holdfast.toml:12, [profile.ci]", "the test's HOLDFAST_TIMEOUT", …
};

// One row per setting. But `environment` has one row per variable, even for a removed one, and
// [[known-flaky]] has one row per entry that fits the test.
std::vector<ExplainedValue> explain(const ResolvedPolicy& resolved,
                                    const TestProperties& properties);

// The settings of the whole run.
std::vector<ExplainedValue> explain_run(const Settings& settings);
// The settings of build steps that have a value.
std::vector<ExplainedValue> explain_build_steps(const Settings& settings);

// Where the value was said: the place in holdfast.toml, "the test's HOLDFAST_TIMEOUT", "--timeout".
std::string origin_of(const Value& value);

}  // namespace holdfast
