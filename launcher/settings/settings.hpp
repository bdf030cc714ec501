// The values that holdfast.toml gives. Profiles are in the order in which they inherit, overrides
// in the order of the file. launcher/settings reads the file and matches test names. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/log_line.hpp"
#include "base/text.hpp"
#include "values/cluster_settings.hpp"
#include "values/file_glob.hpp"
#include "values/report_request.hpp"
#include "values/retry_rules.hpp"
#include "values/service_spec.hpp"
#include "values/test_order.hpp"
#include "values/value.hpp"

namespace holdfast {

inline constexpr std::string_view k_default_profile = "default";

// What a second ctest does on a build tree where one is running.
enum class SecondRun : std::uint8_t {
  wait,    // waits until the first has ended; shares the tree if both name their tests one by one
  share,   // shares the tree: no test runs twice at the same time
  allow,   // runs beside the first one
  refuse,  // ends at once without running its tests
};

constexpr auto words_of(SecondRun) { return word_list("wait", "share", "allow", "refuse"); }

// What is said of tracked files that change while tests run.
enum class TrackedFiles : std::uint8_t {
  ignore,  // nobody looks
  report,  // git is asked before the first test and after the last one
};

constexpr auto words_of(TrackedFiles) { return word_list("ignore", "report"); }

// What must be there before a run begins: [preflight] of holdfast.toml.
struct DiskNeed {
  std::string directory;
  std::uint64_t kb = 0;  // KiB

  friend bool operator==(const DiskNeed&, const DiskNeed&) = default;
};

// What one key says.
template <typename T>
struct Needed {
  std::vector<T> all;
  std::string origin;  // "holdfast.toml:12, [preflight]"
};

// The keys of one table. A key that the table does not have is none; a key may also have an empty
// list. The fields are explained in table_keys.def. A relative path is below the build tree.
struct PreflightNeeds {
  std::optional<Needed<std::uint16_t>> ports;
  std::optional<Needed<std::string>> sockets;
  std::optional<Needed<std::string>> commands;
  std::optional<Needed<DiskNeed>> disk;

  // Takes each key that `later` has in place of our own.
  void replace_by(const PreflightNeeds& later);
  bool is_empty() const;
};

struct Preflight {
  PreflightNeeds fail;  // without these, no test is run
  PreflightNeeds warn;  // without these, a line says so

  void replace_by(const Preflight& later);
  bool is_empty() const { return fail.is_empty() && warn.is_empty(); }
};

struct ProfileLayer {
  std::string name;
  Values said;  // for tests and for the run
  Preflight preflight = {};
};

struct SettingsOverride {
  std::optional<std::string> test;   // a regular expression that matches anywhere in the name
  std::optional<std::string> label;  // one of the test's labels
  Values said;
};

// The values of a file. By default: there is no file.
struct Settings {
  std::string file;                  // empty: there is none
  std::vector<ProfileLayer> layers;  // `default` first, the selected profile last
  // The overrides of these profiles and those for all profiles.
  std::vector<SettingsOverride> overrides;
  std::vector<KnownFlaky> known_flaky = {};  // in the order of the file
  std::vector<AffectedRule> affected = {};   // likewise
  Values build_steps = {};
  std::vector<ServiceSpec> services = {};  // in the order of the file
  ClusterSettings cluster = {};
  Preflight preflight = {};  // of the file, changed by these profiles
};

inline constexpr std::uint64_t k_default_kept_output_in_all_kb = 4U << 20U;

// The settings of a whole run.
struct RunSettings {
  SecondRun runs = SecondRun::wait;
  // Path of the counter of kills because memory ran out; empty: our cgroup's.
  std::string oom_events;
  RunRetryLimits retries;
  TrackedFiles tracked_files = TrackedFiles::ignore;
  std::vector<ReportRequest> reports = {};  // written when the run has ended
  TestOrder order = TestOrder::as_is;
  // KiB that all runs of the tree may keep of the output of attempts.
  std::uint64_t kept_output_in_all_kb = k_default_kept_output_in_all_kb;
  LogLevel log = LogLevel::info;
};

struct BuildStepSettings {
  // A failing step that prints a line with one of these regular expressions runs once more.
  std::vector<std::string> transient;
  // KiB that all steps with slots by memory may use together; none: the free memory.
  std::optional<std::uint64_t> memory_kb;
};

// Of all layers, in their order.
Values said_in_profiles(const Settings& settings);

RunSettings run_settings(const Settings& settings);
BuildStepSettings build_step_settings(const Settings& settings);

// The longest grace that any test may have; properties cannot set a grace. With a before-kill
// command the result is at least the default grace, because the command has the same time.
Milliseconds longest_grace(const Settings& settings);

// Whether any profile or override gives `setting` that text.
bool is_said(const Settings& settings, Setting setting, std::string_view text);

// All values for tests that the profiles have, then those of the overrides with these indices.
Values values_of(const Settings& settings, const std::vector<std::size_t>& overrides);

}  // namespace holdfast
