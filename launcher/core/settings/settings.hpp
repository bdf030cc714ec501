// What holdfast.toml says, as values: profiles in the order in which they inherit, overrides in the
// order of the file. Reading the file and matching test names is launcher/settings.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/words.hpp"
#include "core/retry/known_flaky.hpp"
#include "core/retry/run_retries.hpp"
#include "core/settings/value.hpp"

namespace holdfast {

inline constexpr std::string_view k_default_profile = "default";

// What a second ctest does on a tree where one is running.
enum class SecondRun : std::uint8_t {
  wait,    // until the first has ended, or shares the tree where both name their tests one by one
  share,   // shares the tree: no test twice at the same time
  allow,   // runs beside it
  refuse,  // ends at once, its tests not run
};

constexpr std::array<std::string_view, 4> words_of(SecondRun) {
  return {"wait", "share", "allow", "refuse"};
}

struct ProfileLayer {
  std::string name;
  Values said;  // of tests and of the run
};

struct SettingsOverride {
  std::optional<std::string> test;   // a regular expression that is found in the test's name
  std::optional<std::string> label;  // one of the test's labels
  Values said;
};

// Without a file: as it is made.
struct Settings {
  std::string file;                          // empty: there is none
  std::vector<ProfileLayer> layers;          // `default` first, the selected profile last
  std::vector<SettingsOverride> overrides;   // of these profiles and of all
  std::vector<KnownFlaky> known_flaky = {};  // in the order of the file
  Values build_steps = {};
};

// What holds for a whole run.
struct RunSettings {
  SecondRun runs = SecondRun::wait;
  std::string oom_events;  // path of the counter of kills for want of memory; empty: the cgroup's
  RunRetryLimits retries;
};

struct BuildStepSettings {
  // Regular expressions for a line of what a failing step printed: it is done once more.
  std::vector<std::string> transient;
  // What steps with slots by memory may need together, in KiB; else what is free.
  std::optional<std::uint64_t> memory_kb;
};

RunSettings run_settings(const Settings& settings);
BuildStepSettings build_step_settings(const Settings& settings);

// The longest grace that any test may have by them, properties cannot say one. Where a command runs
// before the kill at least the default: it has the same time.
Milliseconds longest_grace(const Settings& settings);

// Whether anything says `setting`, with that text.
bool is_said(const Settings& settings, Setting setting, std::string_view text);

// All that the profiles say of tests, then the overrides with these indices.
Values values_of(const Settings& settings, const std::vector<std::size_t>& overrides);

}  // namespace holdfast
