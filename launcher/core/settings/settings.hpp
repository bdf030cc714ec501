// What holdfast.toml says, as values: profiles in the order in which they inherit, overrides in the
// order of the file. Reading the file and matching test names is launcher/settings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/said.hpp"
#include "core/retry/known_flaky.hpp"
#include "core/retry/retry_values.hpp"
#include "core/settings/resolution.hpp"
#include "core/step/build_step_settings.hpp"

namespace holdfast {

inline constexpr std::string_view k_default_profile = "default";

// What a second ctest does on a tree where one is running.
enum class SecondRun : std::uint8_t {
  wait,    // until the first has ended, or shares the tree where both name their tests one by one
  share,   // shares the tree: no test twice at the same time
  allow,   // runs beside it
  refuse,  // ends at once, its tests not run
};

std::optional<SecondRun> second_run_named(std::string_view name);
std::string_view name_of(SecondRun runs);

// Over what a test with RUN_SERIAL is alone: with no other test of its run, as ctest has it, or of
// any run in that scope. Then every test takes a lock, such a test exclusively, the others shared.
enum class RunSerial : std::uint8_t { run, project, user, machine };

std::optional<RunSerial> run_serial_named(std::string_view name);
std::string_view name_of(RunSerial serial);

// What is said about tests; empty where nothing is.
struct TestValues {
  std::optional<Said<Milliseconds>> timeout;
  std::optional<Said<Milliseconds>> grace;
  std::optional<Said<Milliseconds>> lock_timeout;
  std::optional<Said<OnLeak>> on_leak;
  std::optional<Said<Containment>> containment;
  std::optional<Said<Scratch>> scratch;
  std::optional<Said<RunSerial>> run_serial;
  std::optional<Said<NoTests>> no_tests = {};
  std::optional<Said<Isolation>> isolation = {};
  std::optional<Said<std::vector<LockSpec>>> locks = {};
  std::vector<Said<Variable>> environment;  // each name once; an empty value takes it out
  RetryValues retry = {};
};

struct ProfileLayer {
  std::string name;
  TestValues values;
  std::optional<Said<SecondRun>> runs;
  std::optional<Said<std::string>> oom_events = {};
  RunRetryValues retries = {};
};

struct SettingsOverride {
  std::optional<std::string> test;   // a regular expression that is found in the test's name
  std::optional<std::string> label;  // one of the test's labels
  TestValues values;
};

// Without a file: as it is made.
struct Settings {
  std::string file;                          // empty: there is none
  std::vector<ProfileLayer> layers;          // `default` first, the selected profile last
  std::vector<SettingsOverride> overrides;   // of these profiles and of all
  std::vector<KnownFlaky> known_flaky = {};  // in the order of the file
  BuildStepSettings build_steps = {};
};

// What holds for a whole run.
struct RunSettings {
  SecondRun runs = SecondRun::wait;
  std::string runs_origin;
  std::string oom_events;  // path of the counter of kills for want of memory; empty: the cgroup's
  std::string oom_events_origin;
  RunRetrySettings retries = {};
};

RunSettings run_settings(const Settings& settings);

// The longest grace that any test may have by them, properties cannot say one. Where a command runs
// before the kill at least the default: it has the same time.
Milliseconds longest_grace(const Settings& settings);

// The profiles, then the overrides with these indices: the later says, where both do.
TestValues values_of(const Settings& settings, const std::vector<std::size_t>& overrides);

// Command line > property > `values` > built-in default.
Result<ResolvedPolicy> resolve(const Properties& properties, const Overrides& overrides,
                               const TestValues& values);

// Whether `labels`, as Properties has them, has that one.
bool has_label(std::string_view labels, std::string_view label);

}  // namespace holdfast
