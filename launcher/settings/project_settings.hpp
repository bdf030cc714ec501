// The settings of one project: found, read once, asked for each test.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/settings/resolution.hpp"
#include "core/settings/settings.hpp"
#include "settings/known_flaky_list.hpp"
#include "settings/override_patterns.hpp"

namespace holdfast {

// HOLDFAST_PROFILE, or `default`.
std::string selected_profile();

// Where holdfast.toml of the project is that `tree` was configured for, whether there is one or
// not. None when the tree does not say where its project is.
std::optional<std::string> settings_file_of_tree(const std::string& tree);

// For a command that ctest did not start: the file of the build tree around `directory`, else the
// nearest one from `directory` upward to a directory with .git. None when there is none.
// Files that belong neither to this user, to root nor to the owner of `directory` are passed over:
// in /tmp anybody can leave one, and it can set environment variables.
std::optional<std::string> settings_file_around(const std::string& directory);

class ProjectSettings {
 public:
  // Built-in defaults.
  ProjectSettings() = default;

  // `file`: none, or not there, means built-in defaults. Fails, by one line that needs nothing in
  // front of it, for a file that parse_settings() refuses. `today` is when its run begins.
  static Result<ProjectSettings> load(const std::optional<std::string>& file,
                                      const std::string& profile, const Day& today);
  static Result<ProjectSettings> load(const std::optional<std::string>& file,
                                      const std::string& profile);

  const Settings& settings() const { return settings_; }
  RunSettings run() const { return run_settings(settings_); }
  // A sentence for people about what is asked for and not there, or not any more; usually empty.
  const std::string& note() const { return note_; }

  // What the file says of this test; `labels` as TestFacts has them. `trouble` gets a sentence
  // when the name could not be compared with the overrides.
  Values values_for(std::string_view test, std::string_view labels,
                    std::string* trouble = nullptr) const;

  // The finished policy of one attempt; `properties` is what the test's own properties say.
  Result<ResolvedPolicy> resolve(std::string_view test, const TestFacts& facts,
                                 const Values& properties) const;

 private:
  Settings settings_;
  OverridePatterns patterns_;
  KnownFlakyList known_flaky_;
  bool has_retry_alone_ = false;
  std::string note_;
};

}  // namespace holdfast
