// The settings of one project: finds the file, reads it once, and answers for each test.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "os/file/clock.hpp"
#include "settings/pattern.hpp"
#include "settings/resolution.hpp"
#include "settings/settings.hpp"
#include "values/retry_rules.hpp"
#include "values/value.hpp"

namespace holdfast {

// Tells which parts of holdfast.toml fit a test.
class OverridePatterns {
 public:
  OverridePatterns() = default;
  // Pattern::compile() must accept the patterns; parse_settings() sees to that.
  explicit OverridePatterns(const Settings& settings);

  // Their indices, ascending. `labels` is in the form of TestProperties.
  std::vector<std::size_t> matching(std::string_view name, std::string_view labels) const;

 private:
  struct Condition {
    std::optional<Pattern> test;
    std::optional<std::string> label;
  };
  std::vector<Condition> conditions_;  // one per override
};

// HOLDFAST_PROFILE, or `default`.
std::string selected_profile();

// The path of holdfast.toml for the project of `tree`, whether the file exists or not. None: the
// tree does not say where its project is.
std::optional<std::string> settings_file_of_tree(const std::string& tree);

// For a command that ctest did not start: the file of the build tree around `directory`, else the
// nearest file from `directory` upward to a directory with .git. None: there is no such file.
// Ignores a file unless this user, root or the owner of `directory` owns it: in /tmp anybody can
// leave one, and a file can set environment variables.
std::optional<std::string> settings_file_around(const std::string& directory);

class ProjectSettings {
 public:
  // Built-in defaults.
  ProjectSettings() = default;
  // Pattern::compile() must accept the patterns of `settings`. Known flakes that have expired when
  // the run begins, `today`, are left out, and the note names them.
  ProjectSettings(Settings settings, const Day& today);

  // If `file` is none or does not exist, the built-in defaults hold. Fails for a file that
  // parse_settings() refuses, with one complete line. `today` is the day on which the run begins.
  static Result<ProjectSettings> load(const std::optional<std::string>& file,
                                      const std::string& profile,
                                      const Day& today = day_of(os::unix_now_ms()));
  // Those of the project of a build tree, by the selected profile.
  static Result<ProjectSettings> of_tree(const std::string& tree) {
    return load(settings_file_of_tree(tree), selected_profile());
  }

  const Settings& settings() const { return settings_; }
  RunSettings run() const { return run_settings(settings_); }
  // A sentence for people: what was asked for and is missing, or has expired. Usually empty.
  const std::string& note() const { return note_; }

  // What the file says of this test. `labels` is in the form of TestProperties.
  Values values_for(std::string_view test, std::string_view labels) const;

  // The finished policy of one attempt; `said`: what the test's own properties say of settings.
  Result<ResolvedPolicy> resolve(std::string_view test, const TestProperties& properties,
                                 const Values& said) const;

 private:
  Settings settings_;
  OverridePatterns patterns_;
  std::vector<std::pair<Pattern, Value>> known_flaky_;  // for the tests that the pattern fits
  std::string note_;
};

}  // namespace holdfast
