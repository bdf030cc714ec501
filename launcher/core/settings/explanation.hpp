// Where each value of a policy comes from, for `holdfast config --explain`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/settings/resolution.hpp"
#include "core/settings/settings.hpp"

namespace holdfast {

// The origin of a value that nobody has said.
inline constexpr std::string_view k_built_in_origin = "built-in default";

struct ExplainedValue {
  std::string key;  // as in holdfast.toml
  std::string value;
  std::string origin;  // "holdfast.toml:12, [profile.ci]", "the test's HOLDFAST_TIMEOUT", …
};

// One row per setting. But `environment` has one row per variable, even for a removed one, and
// [[known-flaky]] has one row per entry that fits the test.
std::vector<ExplainedValue> explain(const ResolvedPolicy& resolved, const TestFacts& facts);

// The settings of the whole run.
std::vector<ExplainedValue> explain_run(const Settings& settings);
// The settings of build steps that have a value.
std::vector<ExplainedValue> explain_build_steps(const Settings& settings);

// Where the value was said: the place in holdfast.toml, "the test's HOLDFAST_TIMEOUT", "--timeout".
std::string origin_of(const Value& value);

}  // namespace holdfast
